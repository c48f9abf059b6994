"""Learns the rents of flats from a table of texts, integers and floats, and saves one file that takes raw rows.

A FeatureSpace turns each row into a vector: it scales floats, numbers the districts, hashes the names of streets, and
crosses the district with the number of rooms, since large flats are dearer in some districts than in others. It is part
of the model, so whoever loads the file, in Python or in C++, needs to know nothing of it. The table is made up: 4,000
flats, whose rents follow a rule with some noise.

    python rents_table.py [--epochs 60] [--save rents.lamina]
"""

from __future__ import annotations

import argparse

import numpy as np

import lamina
from lamina import layers
from lamina.utils import FeatureSpace

DISTRICTS = {"Altstadt": 14.0, "Hafen": 12.5, "Südstadt": 11.0, "Westend": 13.0, "Neudorf": 8.5}  # euros per m²
STREETS = 60


def make_table(count: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The columns by name, and the rents in euros."""
    random = np.random.default_rng(seed)
    districts = random.choice(list(DISTRICTS), count)
    streets = random.integers(STREETS, size=count)
    rooms = random.integers(1, 6, count)
    area = np.round(rooms * random.normal(24, 3, count) + 12, 1)
    built = random.integers(1890, 2024, count)
    price = np.array([DISTRICTS[name] for name in districts]) + 0.02 * np.abs(built - 1960) + streets % 7 * 0.25
    price += np.where(np.isin(districts, ("Westend", "Altstadt")), 0.6, -0.3) * (rooms - 3)
    rents = area * price + random.normal(0, 25, count)
    table = {
        "district": districts.astype(object),
        "street": np.array([f"Street {number}" for number in streets], dtype=object),
        "rooms": rooms.astype("int32"),
        "area": area.astype("float32"),
        "built": built.astype("float32"),
    }
    return table, rents.astype("float32")[:, None]


def make_model(table: dict[str, np.ndarray]) -> lamina.Model:
    """A network of one hidden layer behind what turns raw columns into a vector."""
    space = FeatureSpace(
        {
            "district": "string_categorical",
            "street": FeatureSpace.string_hashed(num_bins=256),
            "rooms": "integer_categorical",
            "area": "float_normalized",
            "built": FeatureSpace.float_discretized(num_bins=12),
        },
        crosses=[FeatureSpace.cross(("district", "rooms"), crossing_dim=64)],
    )
    space.adapt(table)
    x = layers.Dense(64, activation="relu")(space.get_encoded_features())
    x = layers.Dense(1)(x)
    return lamina.Model(space.get_inputs(), layers.Rescaling(400.0, offset=900.0)(x))


def main() -> None:
    parser = argparse.ArgumentParser(description="Rents of flats from a table of texts and numbers.")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--save", default="rents.lamina")
    arguments = parser.parse_args()

    lamina.utils.set_random_seed(1)
    table, rents = make_table(4000, seed=1)
    test_table, test_rents = make_table(1000, seed=2)
    model = make_model(table)
    model.compile(lamina.optimizers.Adam(5e-3), "mae")
    model.fit(table, rents, epochs=arguments.epochs, batch_size=64, verbose=0)
    error = model.evaluate(test_table, test_rents, verbose=0)
    guess = np.abs(test_rents - np.median(rents)).mean()
    noise = 25 * np.sqrt(2 / np.pi)
    print(f"error {error:.0f} euros; of the median rent {guess:.0f} euros; noise alone {noise:.0f} euros")

    model.save(arguments.save)
    flat = {"district": ["Hafen"], "street": ["Street 7"], "rooms": [3], "area": [81.5], "built": [1998.0]}
    loaded = lamina.saving.load_model(arguments.save)
    rent = loaded.predict({name: np.array(values) for name, values in flat.items()}, verbose=0).item()
    print(
        f"{arguments.save} takes raw rows: {', '.join(str(values[0]) for values in flat.values())} -> {rent:.0f} euros"
    )


if __name__ == "__main__":
    main()
