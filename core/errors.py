"""Every error that a user can cause, as one tree.

DigitLabError
├── ConfigError        a setting is out of range, contradicts another, or does not exist
├── DataError          image data is missing, damaged or of the wrong shape
├── DrawingError       a drawing or picture cannot be turned into a digit
│   └── EmptyDrawingError    nothing is drawn yet, or the picture shows nothing but paper
├── RunError           a run cannot be used
│   ├── RunNotFoundError     there is no run of that id
│   ├── RunUnreadableError   the folder is there, but what lies in it is not a run
│   │   └── RunTooNewError       it is one, of a format that only a newer Digit Lab knows
│   ├── RunStateError        the run is in the wrong state for what was asked
│   └── ArchiveError         a zip file cannot be taken in, or may not be
├── FieldTestError     a drawing of the field test cannot be kept, found or changed
│   ├── DrawingNotFoundError    there is no drawing of that id
│   └── DrawingUnreadableError  the file is there, but what it holds is not a drawing
├── LimitError         more than is taken: drawings, runs of visitors, disk
│   └── DiskLimitError       the disk is so full that nothing new is begun
├── AccessError        whoever asks may not do this here
└── DivergedError      the training loss stopped being a number

A message says what was wrong, where, and what to do about it, in one or two plain sentences:
pages and the command line show it as it is.
"""


class DigitLabError(Exception):
    """Something went wrong that the user can understand and mend."""


class ConfigError(DigitLabError):
    """A setting is out of range, contradicts another, or does not exist."""


class DataError(DigitLabError):
    """Image data is missing, damaged or of the wrong shape."""


class DrawingError(DigitLabError):
    """A drawing or a picture cannot be turned into a digit."""


class EmptyDrawingError(DrawingError):
    """Nothing is drawn yet, or the picture shows nothing but paper."""


class RunError(DigitLabError):
    """A run cannot be used."""


class RunNotFoundError(RunError):
    """There is no run of that id."""


class RunUnreadableError(RunError):
    """The folder is there, but what lies in it is not a run of this version."""


class RunTooNewError(RunUnreadableError):
    """The folder holds a run of a format that only a newer Digit Lab knows."""


class RunStateError(RunError):
    """The run is in the wrong state for what was asked."""


class ArchiveError(RunError):
    """A zip file of runs is damaged, foreign or dangerous, so nothing of it was taken in."""


class FieldTestError(DigitLabError):
    """A drawing of the field test cannot be kept, found or changed."""


class DrawingNotFoundError(FieldTestError):
    """There is no drawing of that id."""


class DrawingUnreadableError(FieldTestError):
    """The file is there, but what it holds is not a drawing of this version."""


class LimitError(DigitLabError):
    """More than is taken, of one visitor or of all, at once or in all: drawings, runs, disk."""


class DiskLimitError(LimitError):
    """The disk is so full, or the runs take so much of it, that nothing new is begun."""


class AccessError(DigitLabError):
    """Whoever asks may not do this here: only the owner may, or nobody for the moment."""


class DivergedError(DigitLabError):
    """The training loss stopped being a finite number."""
