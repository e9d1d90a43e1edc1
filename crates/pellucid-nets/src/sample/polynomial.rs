//! Interpolating polynomials and small linear systems, for multistep rules.

/// The polynomials that are one at their own node and zero at the others, lowest power first.
pub(super) fn lagrange_basis(nodes: &[f64]) -> Vec<Vec<f64>> {
    let polynomial = |own: usize| {
        let mut product = vec![1.0];
        for (_, node) in nodes.iter().enumerate().filter(|(other, _)| *other != own) {
            let scale = 1.0 / (nodes[own] - node);
            let mut next = vec![0.0; product.len() + 1];
            for (power, factor) in product.iter().enumerate() {
                next[power + 1] += factor * scale;
                next[power] -= factor * scale * node;
            }
            product = next;
        }
        product
    };
    (0..nodes.len()).map(polynomial).collect()
}

/// The solution of a regular square system, by elimination with row pivots.
pub(super) fn solve(mut rows: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for column in 0..n {
        let largest =
            |a: &usize, b: &usize| rows[*a][column].abs().total_cmp(&rows[*b][column].abs());
        let pivot = (column..n).max_by(largest).unwrap_or(column);
        rows.swap(column, pivot);
        right.swap(column, pivot);
        let (done, below) = rows.split_at_mut(column + 1);
        let pivot = &done[column];
        let (known, rest) = right.split_at_mut(column + 1);
        for (row, value) in below.iter_mut().zip(rest) {
            let factor = row[column] / pivot[column];
            row.iter_mut().zip(pivot).for_each(|(entry, p)| *entry -= factor * p);
            *value -= factor * known[column];
        }
    }
    let mut solution = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|k| rows[row][k] * solution[k]).sum();
        solution[row] = (right[row] - known) / rows[row][row];
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(polynomial: &[f64], x: f64) -> f64 {
        polynomial.iter().rev().fold(0.0, |sum, factor| sum * x + factor)
    }

    #[test]
    fn a_basis_polynomial_is_one_at_its_node_and_zero_at_the_others() {
        let nodes = [0.5, -1.0, 2.0, 3.5];
        for (j, polynomial) in lagrange_basis(&nodes).iter().enumerate() {
            for (k, &node) in nodes.iter().enumerate() {
                let expected = if j == k { 1.0 } else { 0.0 };
                assert!((value(polynomial, node) - expected).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_system_is_solved_even_with_a_zero_on_its_diagonal() {
        let rows = vec![vec![0.0, 2.0, 1.0], vec![1.0, 1.0, 1.0], vec![2.0, 0.0, -1.0]];
        let solution = solve(rows, vec![7.0, 6.0, -1.0]);
        let expected = [1.0, 2.0, 3.0];
        assert!(solution.iter().zip(expected).all(|(s, e)| (s - e).abs() < 1e-12));
    }
}
