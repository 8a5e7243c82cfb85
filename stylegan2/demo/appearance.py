"""From semantic vectors to renderer parameters: the correlations of sex, age and ancestry that make people plausible.

Factors are standard normal. `REACH` stretches some: colour, sex and age more, pose less, so that people still differ
at psi 0.5 and look at the camera at psi 1.
"""

import torch
from torch import Tensor

from stylegan2.demo.expression import ACTION_UNITS, saturate
from stylegan2.demo.people import SEMANTICS

REACH = {
    **{"yaw": 0.7, "pitch": 0.7, "roll": 0.7, "masc": 2.0, "age": 1.6, "ancestry": 1.6},
    **{"hair_len": 1.3, "hair_vol": 1.2, "hair_part": 1.2, "hair_fringe": 1.2, "bald": 1.3, "glasses": 1.5},
    **{"beard": 1.5, "moustache": 1.5, "hair_light": 1.4, "hair_red": 1.3, "grey": 1.3, "iris_hue": 1.3, "makeup": 1.3},
    **{"bg_hue": 1.3, "bg_light": 1.3, "bg_sat": 1.3, "cloth_hue": 1.4, "cloth_light": 1.3, "cloth_sat": 1.3},
    **{"lip_hue": 1.3},
}

Parameters = dict[str, Tensor]
"""Renderer parameters, name -> [N]."""


def decode(semantics: Tensor) -> Parameters:
    """Semantic vectors [N, 82] -> what `renderer.render` takes."""
    f = {name: semantics[:, i] * REACH.get(name, 1.0) for i, name in enumerate(SEMANTICS)}
    masc = torch.sigmoid(3.0 * f["masc"])
    age = torch.sigmoid(1.4 * f["age"] - 1.0)
    melanin = torch.sigmoid(1.25 * f["ancestry"] - 0.35)
    known = {"masc": masc, "age": age, "melanin": melanin}
    units = {unit: saturate(unit, f[unit]) for unit in ACTION_UNITS}
    return known | _head(f, known) | _hair(f, known) | _worn(f) | _features(f, known) | _colours(f, known) | units


def _head(f: Parameters, known: Parameters) -> Parameters:
    masc, age = known["masc"], known["age"]
    return {
        "yaw": f["yaw"] * 0.45,
        "pitch": f["pitch"] * 0.45,
        "roll": f["roll"] * 0.035,
        "face_w": f["face_w"] * 0.8 + 0.35 * (masc - 0.5),
        "face_l": f["face_l"] * 0.8 + 0.4 * (masc - 0.5),
        "jaw": f["jaw"] * 0.75 + 1.5 * (masc - 0.5),
        "chin": f["chin"] * 0.8 + 0.8 * (masc - 0.5),
        "cheek": f["cheek"] * 0.8 - 0.3 * age,
        "ear": f["ear"],
        "neck": f["neck"] * 0.6 + 1.3 * (masc - 0.5),
        "wrinkle": (age * 1.1 + 0.15 * f["wrinkle"]).clamp(0, 1.2),
    }


def _hair(f: Parameters, known: Parameters) -> Parameters:
    masc, age, melanin = known["masc"], known["age"], known["melanin"]
    feminine = 1 - masc
    bald = torch.sigmoid(8.0 * (f["bald"] - 1.5 + 1.0 * age)) * masc**2
    length = torch.sigmoid(1.6 * f["hair_len"] + 4.2 * (feminine - 0.5) - 0.55)
    return {
        "bald": bald,
        "hair_len": length * (1 - 0.8 * bald),
        "hair_vol": torch.sigmoid(1.1 * f["hair_vol"]),
        "hair_part": torch.tanh(1.2 * f["hair_part"]),
        "fringe": 0.72 * torch.sigmoid(1.8 * f["hair_fringe"] - 1.5 + 1.2 * feminine),
        "curl": torch.sigmoid(1.6 * f["hair_curl"] - 0.9 + 2.0 * (melanin - 0.45)),
        "hairline": f["hairline"] * 0.6 + 0.9 * age * masc,
        "beard": torch.sigmoid(2.2 * (f["beard"] - 0.7)) * masc**2,
        "moustache": torch.sigmoid(2.2 * (f["moustache"] - 0.8)) * masc**2,
        "hair_light": torch.sigmoid(1.7 * f["hair_light"] - 0.4 - 5.5 * (melanin - 0.27)),
        "hair_red": torch.sigmoid(1.6 * f["hair_red"] - 1.2) * (1 - melanin) ** 1.3,
        "grey": torch.sigmoid(9.0 * (age - 0.66) + 1.5 * f["grey"] - 1.0),
    }


def _worn(f: Parameters) -> Parameters:
    return {
        "glasses": torch.sigmoid(14.0 * (f["glasses"] - 0.95)),
        "glass_shape": torch.sigmoid(1.5 * f["glass_shape"]),
        "glass_dark": torch.sigmoid(1.5 * f["glass_dark"]),
        "collar": torch.sigmoid(1.5 * f["collar"]),
        "cloth_hue": f["cloth_hue"],
        "cloth_light": torch.sigmoid(1.2 * f["cloth_light"] - 0.4),
        "cloth_sat": torch.sigmoid(1.2 * f["cloth_sat"] - 0.3),
    }


def _features(f: Parameters, known: Parameters) -> Parameters:
    masc, age, melanin = known["masc"], known["age"], known["melanin"]
    sex = 0.5 - masc
    return {
        "eye_size": f["eye_size"] * 0.7 + 0.7 * sex,
        "eye_gap": f["eye_gap"] * 0.7,
        "eye_tilt": f["eye_tilt"] * 0.8,
        "eye_open": f["eye_open"] * 0.7,
        "lid_fold": torch.sigmoid(1.6 * f["lid_fold"] + 0.8),
        "gaze": f["gaze"] * 0.35,
        "brow_h": f["brow_h"] * 0.7 + 0.5 * sex,
        "brow_thick": f["brow_thick"] * 0.7 - 1.3 * sex,
        "brow_arch": f["brow_arch"] * 0.7 + 0.7 * sex,
        "brow_tilt": f["brow_tilt"] * 0.7,
        "nose_w": f["nose_w"] * 0.7 + 1.0 * (melanin - 0.4) - 0.4 * sex,
        "nose_l": f["nose_l"] * 0.8,
        "nose_bridge": f["nose_bridge"] * 0.7 - 0.3 * sex,
        "nose_tip": f["nose_tip"] * 0.8,
        "lip_w": f["lip_w"] * 0.8,
        "lip_up": f["lip_up"] * 0.7 + 0.7 * sex + 0.9 * (melanin - 0.4) - 0.6 * age,
        "lip_low": f["lip_low"] * 0.7 + 0.6 * sex + 0.7 * (melanin - 0.4) - 0.5 * age,
        "mouth_y": f["mouth_y"] * 0.7,
    }


def _colours(f: Parameters, known: Parameters) -> Parameters:
    masc, melanin = known["masc"], known["melanin"]
    return {
        "skin_red": f["skin_red"] * 0.7,
        "skin_shift": f["skin_shift"] * 0.7,
        "freckle": torch.sigmoid(2.5 * (f["freckle"] - 1.0)) * (1 - melanin) ** 1.2,
        "makeup": torch.sigmoid(1.5 * f["makeup"]) * (1 - masc),
        "lip_hue": torch.tanh(f["lip_hue"]),
        "iris_hue": torch.sigmoid(1.8 * f["iris_hue"] - 9.0 * (melanin - 0.28)),
        "iris_light": torch.tanh(f["iris_light"]),
        "brow_dark": f["brow_dark"] * 0.5,
        "light_x": torch.tanh(0.9 * f["light_x"]),
        "light_y": torch.tanh(0.7 * f["light_y"]),
        "light_warm": f["light_warm"] * 0.6,
        "bg_hue": f["bg_hue"],
        "bg_light": torch.sigmoid(1.1 * f["bg_light"] + 0.1),
        "bg_sat": torch.sigmoid(1.2 * f["bg_sat"] - 0.5),
    }
