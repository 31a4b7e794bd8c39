"""Ultra-Dense Pose (UDP) on disk: one file per frame, CoNR's npz or float EXR."""

from udp_live.udp_files.sequence_notes import NOTES_NAME, SequenceNotes, read_notes, write_notes
from udp_live.udp_files.udp_file import read_udp, read_udp_size, write_udp
from udp_live.udp_files.udp_sequence import UdpSequence, list_udp_files, open_udp_folder

__all__ = [
    "NOTES_NAME",
    "SequenceNotes",
    "UdpSequence",
    "list_udp_files",
    "open_udp_folder",
    "read_notes",
    "read_udp",
    "read_udp_size",
    "write_notes",
    "write_udp",
]
