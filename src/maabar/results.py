"""The labelled results of a run: what results.nc holds, writing it block by block, opening it.

In: a compiled world and the blocks of members in order. Out: a netCDF-4 file, an xarray Dataset. Only one block is
in memory at a time, so thousands of members fit in any machine. The bytes are the same for the same members: fixed
order, no timestamps, gzip with shuffled bytes, chunks of about a megabyte that hold whole days and places.

HDF5 may crash the process when a disk is full. So it writes through `_Sink`, which remembers the first refusal of
the operating system, tells HDF5 that all is well, and raises the refusal once the file is closed.
"""

import dataclasses
import io
import json
import pathlib
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from maabar import __version__, errors, parameters, storage, world

if TYPE_CHECKING:
    import xarray

FORMAT = 1
CHUNK_BYTES = 2**20
COORD_ATTRS = {"lat": {"units": "degrees_north"}, "lon": {"units": "degrees_east"}}


@dataclasses.dataclass(frozen=True)
class Variable:
    """What one recorded quantity is; `unit` may name the scenario's {currency}."""

    long_name: str
    unit: str
    kind: str
    whole: bool = True


VARIABLES = {
    "present": Variable("people at the place at the end of the day", "person", "stock"),
    "unsheltered": Variable("people at the place without shelter", "person", "stock"),
    "arrivals": Variable("people who arrived at the place, settling or passing", "person/day", "flow"),
    "fighters": Variable("the besieger's fighters at the place", "fighter", "stock"),
    "departures": Variable("people who set out on the link", "person/day", "flow"),
    "inside": Variable("people at the besieged homes of the zone", "person", "stock"),
    "trapped": Variable("people inside who would be gone if it were safe or affordable", "person", "stock"),
    "turned_away": Variable("people who asked for passage and found no place", "person/day", "flow"),
    "price": Variable("price of guided passage for one person", "{currency}/person", "stock", whole=False),
    "guides": Variable("people who guide others out for money", "person", "stock"),
    "travelling": Variable("people on the way", "person", "stock"),
    "held": Variable("people arrested while leaving", "person", "stock"),
    "displaced_total": Variable("movements of displacement since the start", "person", "cumulative"),
    "intercepted": Variable("people caught while leaving", "person/day", "flow"),
    "paid": Variable("money paid for guided passage", "{currency}/day", "flow", whole=False),
    "killed": Variable("people killed, by cause", "person/day", "flow"),
    "fighters_lost": Variable("the besieger's fighters lost, by fate", "fighter/day", "flow"),
    "parameters": Variable("parameters of the member", "1", "parameter", whole=False),
}


@dataclasses.dataclass(frozen=True)
class Layout:
    """Axes, labels and attributes of the results of one run.

    dims    axes of each variable, member first
    sizes   length of each axis
    coords  label name -> (axis, labels); day labels are whole days since the start
    """

    dims: dict[str, tuple[str, ...]]
    sizes: dict[str, int]
    coords: dict[str, tuple[str, NDArray[Any]]]
    start: str
    currency: str
    expected: bool
    count_type: Any
    attrs: dict[str, Any]

    def dtype(self, name: str) -> Any:
        """Whole counts are integers unless values are expected ones; money and parameters are float64."""
        return self.count_type if VARIABLES[name].whole and not self.expected else np.dtype(np.float64)

    def described(self, name: str) -> dict[str, str]:
        """The attributes of a variable: long_name, units, kind."""
        about = VARIABLES[name]
        return {"long_name": about.long_name, "units": about.unit.format(currency=self.currency), "kind": about.kind}


def layout(compiled: world.World, *, members: int, seed: int, expected: bool) -> Layout:
    """How the results of this world are laid out."""
    facts = compiled.scenario
    dims = compiled.dims()
    used = {axis for axes in dims.values() for axis in axes}
    labels: dict[str, tuple[str, ...]] = {**compiled.coords(), "parameter": tuple(parameters.table())}
    coords = {axis: (axis, _text(values)) for axis, values in labels.items() if axis in used}
    sizes = {"member": members, "day": compiled.days, **{axis: len(values) for axis, (_, values) in coords.items()}}
    coords["member"] = ("member", np.arange(members, dtype=np.int64))
    coords["day"] = ("day", np.arange(compiled.days, dtype=np.int64))
    for name in ("name", "name_ar", "kind", "zone"):
        coords[f"place_{name}"] = ("place", _text(str(getattr(place, name)) for place in facts.places))
    for name in ("lat", "lon"):
        coords[name] = ("place", np.array([float(getattr(place, name)) for place in facts.places]))
    coords |= _ends(compiled)
    attrs = {
        "title": facts.title,
        "scenario": facts.name,
        "variant": compiled.variant or "",
        "seed": seed,
        "currency": facts.currency,
        "start": facts.start.isoformat(),
        "mode": "expected" if expected else "random",
        "maabar_version": __version__,
        "maabar_format": FORMAT,
    }
    if "zone" in coords:
        coords["zone_name"] = ("zone", _text(zone.name for zone in facts.zones))
    start = facts.start.isoformat()
    return Layout(dims, sizes, coords, start, facts.currency, expected, compiled.count_type, attrs)


def _text(words: Iterable[str]) -> NDArray[Any]:
    """An array of texts as netCDF keeps them."""
    return np.array(list(words), dtype=object)


def _ends(compiled: world.World) -> dict[str, tuple[str, NDArray[Any]]]:
    """Where each directed link begins and ends, and how people travel on it."""
    modes = {number: word for word, number in world.MODES.items()}
    network = compiled.network
    return {
        "route_from": ("route", _text(compiled.place_ids[int(p)] for p in network.tail)),
        "route_to": ("route", _text(compiled.place_ids[int(p)] for p in network.head)),
        "route_mode": ("route", _text(modes[int(mode)] for mode in network.mode)),
    }


class _Sink(io.RawIOBase):
    """A file that never fails while HDF5 writes to it; `refusal` is what the operating system said first."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.refusal: BaseException | None = None

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def readinto(self, buffer: Any) -> int:
        return int(self.file.readinto(buffer))  # type: ignore[attr-defined]

    def truncate(self, size: int | None = None) -> int:
        try:
            return self.file.truncate(size)
        except (OSError, KeyboardInterrupt) as refusal:
            self.refusal = self.refusal or refusal
            return size or 0

    def write(self, content: Any) -> int:
        whole = memoryview(content).cast("B")
        rest = whole
        try:
            while self.refusal is None and rest:
                rest = rest[self.file.write(rest) :]
        except (OSError, KeyboardInterrupt) as refusal:
            self.refusal = refusal
        return len(whole)


def chunks(shape: tuple[int, ...], itemsize: int, block: int) -> tuple[int, ...]:
    """A chunk of whole days and places for a block of members, halved along member, then day, down to a megabyte."""
    sides = [min(block, shape[0]), *shape[1:]]
    for axis in range(min(2, len(sides))):
        while sides[axis] > 1 and int(np.prod(sides)) * itemsize > CHUNK_BYTES:
            sides[axis] = -(-sides[axis] // 2)
    return tuple(max(1, side) for side in sides)


def write(path: pathlib.Path, plan: Layout, blocks: Iterable[tuple[int, storage.Arrays]], block: int) -> None:
    """Write results.nc from (first member, arrays) pairs, in one step.

    block   members in a full block, for the chunks
    Raises OSError if the operating system refuses; then nothing is left behind.
    """
    import h5netcdf

    with storage.atomic(path) as file:
        sink = _Sink(file)
        with h5netcdf.File(sink, "w") as out:
            out.dimensions = dict(plan.sizes)
            variables = _create(out, plan, block)
            for first, arrays in blocks:
                for name, variable in variables.items():
                    values = arrays[name].astype(plan.dtype(name), copy=False)
                    variable[first : first + len(values)] = values
                if sink.refusal is not None:
                    break
        if sink.refusal is not None:
            raise sink.refusal


def _create(out: Any, plan: Layout, block: int) -> dict[str, Any]:
    """Lay out attributes, labels and empty variables in an open file."""
    import h5py

    for key, value in plan.attrs.items():
        out.attrs[key] = value
    for name, (axis, labels) in plan.coords.items():
        dtype = h5py.string_dtype() if labels.dtype == object else labels.dtype
        variable = out.create_variable(name, (axis,), dtype=dtype, data=labels)
        variable.attrs.update(COORD_ATTRS.get(name, {}))
        if name == "day":
            variable.attrs["units"] = f"days since {plan.start}"
            variable.attrs["calendar"] = "proleptic_gregorian"
    made = {}
    for name, axes in plan.dims.items():
        dtype = plan.dtype(name)
        sides = chunks(tuple(plan.sizes[axis] for axis in axes), dtype.itemsize, block)
        made[name] = out.create_variable(
            name, axes, dtype=dtype, chunks=sides, compression="gzip", compression_opts=1, shuffle=True
        )
        made[name].attrs.update(plan.described(name))
        labels_here = " ".join(c for c, (axis, _) in plan.coords.items() if axis in axes and c not in plan.sizes)
        if labels_here:
            made[name].attrs["coordinates"] = labels_here
    return made


def dataset(plan: Layout, arrays: storage.Arrays, first: int) -> "xarray.Dataset":
    """A block of members in memory, labelled exactly as the file will be."""
    import xarray

    count = len(next(iter(arrays.values())))
    coords: dict[str, Any] = {
        name: (axis, labels, COORD_ATTRS.get(name, {}))
        for name, (axis, labels) in plan.coords.items()
        if axis != "member"
    }
    coords["member"] = ("member", np.arange(first, first + count, dtype=np.int64))
    coords["day"] = ("day", np.datetime64(plan.start, "ns") + plan.coords["day"][1].astype("timedelta64[D]"))
    variables = {
        name: (axes, arrays[name].astype(plan.dtype(name), copy=False), plan.described(name))
        for name, axes in plan.dims.items()
    }
    return xarray.Dataset(variables, coords, plan.attrs)


def manifest(folder: pathlib.Path) -> dict[str, Any]:
    """What manifest.json of a run folder says; raises RunError if it is missing, damaged or from a newer maabar."""
    path = folder / "manifest.json"
    if not folder.is_dir():
        raise errors.RunError(f"{folder}: no such run folder; give a folder that 'maabar run' has made")
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise errors.RunError(
            f"{folder}: no manifest.json here, so this is not a run; give a folder that 'maabar run' has made"
        ) from None
    except OSError as fault:
        raise errors.RunError(f"{path}: cannot be read ({fault.strerror}); check the rights of the folder") from fault
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("format"), int):
        raise errors.RunError(f"{path}: damaged; remove the folder and run again")
    if found["format"] > FORMAT:
        raise errors.RunError(
            f"{folder}: written by maabar {found.get('version', 'of a later date')}, which is newer than this one; "
            "install that version to read it"
        )
    return found


def open_dataset(folder: str | pathlib.Path) -> "xarray.Dataset":
    """The results of a finished run, read from disk only where they are looked at.

    Raises RunError if the folder is no run, the run is not finished, or results.nc is missing, damaged or from a
    newer version.
    """
    import xarray

    folder = pathlib.Path(folder)
    about = manifest(folder)
    path = folder / "results.nc"
    if about.get("status") != "finished":
        raise errors.RunError(f"{folder}: this run is not finished; resume with: {about.get('command', 'maabar run')}")
    damaged = f"{path}: {{}}; compute it again with: {about.get('command', 'maabar run')}"
    if not path.is_file():
        raise errors.RunError(damaged.format("missing"))
    try:
        if storage.checksum(path) != about["results"]["sha256"]:
            raise errors.RunError(damaged.format("damaged (its checksum is not the one in manifest.json)"))
        return xarray.open_dataset(path, engine="h5netcdf")
    except (OSError, KeyError, ValueError) as fault:
        raise errors.RunError(damaged.format(f"cannot be read ({fault})")) from fault
