"""Functions of images, with the names and signatures of keras.ops.image: a batch of them, or one without a batch axis.

>>> import numpy as np, lamina
>>> lamina.ops.image.resize(np.ones((2, 8, 6, 3), "float32"), (4, 4)).shape
(2, 4, 4, 3)
"""

from .color import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from .crop_pad import crop_images, pad_images
from .filters import gaussian_blur, sobel_edges, ssim
from .geometry import affine_transform, elastic_transform, map_coordinates, perspective_transform
from .patches import extract_patches, extract_patches_3d, reconstruct_patches
from .resize import resize, scale_and_translate

__all__ = [
    "affine_transform",
    "crop_images",
    "elastic_transform",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "map_coordinates",
    "pad_images",
    "perspective_transform",
    "reconstruct_patches",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "scale_and_translate",
    "sobel_edges",
    "ssim",
]
