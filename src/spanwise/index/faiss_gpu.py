"""FAISS structures on a GPU, where FAISS was built for one."""

from typing import Any

MOST = 2048
"""Results that FAISS finds for a query on a GPU, at most."""

WORKING_BYTES = 256 << 20


def to_gpu(faiss: Any, index: Any) -> Any:
    """
    Copy a structure to the first GPU.

    :param faiss: The module.
    :param index: A structure in main memory, which stays as it is.
    :returns: The copy; None where there is no GPU or FAISS has no such type for it, as for graphs.
    """
    if not getattr(faiss, "get_num_gpus", int)():
        return None
    resources = faiss.StandardGpuResources()
    resources.setTempMemory(WORKING_BYTES)
    try:
        return faiss.index_cpu_to_gpu(resources, 0, index)
    except RuntimeError:  # no such type, or no room
        return None
