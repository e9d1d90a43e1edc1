"""Makes the pictures of this folder with programs other than ours.

pip install pillow pypng tifffile imagecodecs OpenEXR numpy

All show the pattern of `pattern.rs`: 8 x 6 pixels with, as 8-bit codes,
red 30x + 5, green 40y + 10, blue 255 - 20x - 10y, alpha 20(x + y).
"""

import imagecodecs
import numpy as np
import png
import tifffile
import OpenEXR
from PIL import Image, ImageCms

y, x = np.mgrid[0:6, 0:8]
rgba = np.stack([30 * x + 5, 40 * y + 10, 255 - 20 * x - 10 * y, 20 * (x + y)], -1).astype(np.uint8)
rgb, grey, alpha = rgba[..., :3].copy(), rgba[..., 0].copy(), rgba[..., 3].copy()
wide = (rgba.astype(np.uint16) * 257) ^ 0x55
premultiplied = (rgba[..., :3].astype(np.float32) / 255) * (alpha[..., None].astype(np.float32) / 255)
unit = rgba.astype(np.float32) / 255


# PNG: pypng.
def write_png(name, array, **options):
    rows = array.reshape(6, -1).tolist()
    with open(name, "wb") as file:
        png.Writer(8, 6, **options).write(file, rows)


palette = [tuple(int(v) for v in rgba[j, i]) for j in range(6) for i in range(8)]
indices = np.arange(48).reshape(6, 8)
write_png("adam7-rgba.png", rgba, greyscale=False, alpha=True, interlace=True)
write_png("adam7-rgb16.png", wide[..., :3], greyscale=False, bitdepth=16, interlace=True)
write_png("rgba16.png", wide, greyscale=False, alpha=True, bitdepth=16)
write_png("grey-alpha.png", rgba[..., [0, 3]], greyscale=True, alpha=True)
write_png("grey16.png", wide[..., 0], greyscale=True, bitdepth=16)
write_png("palette.png", indices, palette=[p[:3] for p in palette])
write_png("palette-trns.png", indices, palette=palette)
write_png("rgb-trns.png", rgb, greyscale=False, transparent=(5, 10, 255))
for bits in (1, 2, 4):
    write_png(f"grey{bits}.png", x % (1 << bits), greyscale=True, bitdepth=bits)
write_png("gamma-linear.png", rgb, greyscale=False, gamma=1.0)
write_png("gamma-1.8.png", rgb, greyscale=False, gamma=1 / 1.8)

# JPEG and WebP: Pillow.
pil, pila = Image.fromarray(rgb), Image.fromarray(rgba)
pil.save("rgb-444.jpg", quality=98, subsampling=0)
pil.save("rgb-420.jpg", quality=98, subsampling=2)
pil.save("progressive.jpg", quality=98, subsampling=0, progressive=True)
Image.fromarray(grey).save("grey.jpg", quality=98)
inks = np.concatenate([255 - rgb, (alpha // 4)[..., None]], -1)
Image.fromarray(inks, "CMYK").save("cmyk.jpg", quality=98)
with open("ycck.jpg", "wb") as file:
    # libjpeg stores inks as they come; Adobe's files hold them inverted.
    file.write(imagecodecs.jpeg8_encode(255 - inks, level=98, colorspace="CMYK", outcolorspace="YCCK", subsampling="444"))
for orientation in (3, 6, 8):
    exif = Image.Exif()
    exif[0x112] = orientation
    pil.save(f"orientation-{orientation}.jpg", quality=98, subsampling=0, exif=exif)
pila.save("lossless.webp", lossless=True, exact=True)
pila.save("lossy-alpha.webp", quality=100, exact=True)
pil.save("lossy.webp", quality=100)
pil.save("lossless-rgb.webp", lossless=True)
exif = Image.Exif()
exif[0x112] = 6
pil.save("orientation-6.webp", lossless=True, exif=exif)
pil.save("animated.webp", lossless=True, save_all=True, append_images=[pil.transpose(0)], duration=40)
pil.save("animated.png", save_all=True, append_images=[pil.transpose(0)], duration=40)
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
pil.save("icc-srgb.png", icc_profile=srgb)
Image.fromarray(grey).save("icc-mismatch.png", icc_profile=srgb)

# TIFF: tifffile.
tiff = lambda name, array, **options: tifffile.imwrite(name, array, metadata=None, software=False, **options)
tiff("rgb.tif", rgb, photometric="rgb", byteorder=">")
tiff("straight.tif", rgba, photometric="rgb", extrasamples=["unassalpha"], compression="zlib", predictor=True)
tiff("premultiplied-f32.tif", np.concatenate([premultiplied, unit[..., 3:]], -1), photometric="rgb", extrasamples=["assocalpha"])
tiff("float16.tif", unit[..., :3].astype(np.float16), photometric="rgb")
tiff("float-predictor.tif", unit[..., :3], photometric="rgb", compression="zlib", predictor=3)
tiff("planar16.tif", np.moveaxis(wide, -1, 0), photometric="rgb", planarconfig="separate", extrasamples=["unassalpha"])
tiff("tiled-lzw.tif", rgb, photometric="rgb", tile=(16, 16), compression="lzw")
tiff("white-is-zero.tif", 255 - grey, photometric="miniswhite")
tiff("grey-alpha.tif", rgba[..., [0, 3]], photometric="minisblack", extrasamples=["unassalpha"], planarconfig="contig")
tiff("bilevel.tif", (x % 2).astype(bool), photometric="minisblack")
tiff("cmyk.tif", inks, photometric="separated")
tiff("unknown-extra.tif", rgba, photometric="rgb", extrasamples=["unspecified"])
tiff("big.tif", rgb, photometric="rgb", bigtiff=True)
maps = np.zeros((3, 256), np.uint16)
maps[:, :48] = rgb.reshape(48, 3).T.astype(np.uint16) * 257
tiff("palette.tif", indices.astype(np.uint8), photometric="palette", colormap=maps)
with tifffile.TiffWriter("pages.tif") as writer:
    for page in (rgb, rgb[::-1].copy(), rgb[:, ::-1].copy()):
        writer.write(page, photometric="rgb", metadata=None, software=False)

# OpenEXR: the reference library.
image = np.concatenate([premultiplied, unit[..., 3:]], -1)


def exr(name, channels, compression=OpenEXR.ZIP_COMPRESSION, data=((0, 0), (7, 5)), display=None, **more):
    box = lambda window: tuple(np.array(corner, np.int32) for corner in window)
    header = {"compression": compression, "type": OpenEXR.scanlineimage, **more}
    header["dataWindow"], header["displayWindow"] = box(data), box(display or data)
    with OpenEXR.File(header, channels) as file:
        file.write(name)


def named(prefix, pixels, names="RGBA"):
    return {prefix + c: np.ascontiguousarray(pixels[..., i]) for i, c in enumerate(names)}


half = image.astype(np.float16)
exr("half.exr", named("", half))
exr("float-rgb.exr", named("", image[..., :3] * 4, "RGB"), OpenEXR.PIZ_COMPRESSION)
exr("uint-y.exr", {"Y": grey.astype(np.uint32)}, OpenEXR.NO_COMPRESSION)
exr("window.exr", named("", half), data=((2, 1), (9, 6)), display=((0, 0), (7, 5)))
exr("layer-only.exr", {**named("hero.", half), "Z": grey.astype(np.float32)})
exr("merged-and-layer.exr", {**named("", half), **named("a.", half * 0)})
bad = half.copy()
bad[0, 0] = [np.nan, np.inf, -np.inf, 1]
exr("not-finite.exr", named("", bad))
exr("acescg.exr", named("", image[..., :3], "RGB"), chromaticities=(0.713, 0.293, 0.165, 0.830, 0.128, 0.044, 0.32168, 0.33767))
