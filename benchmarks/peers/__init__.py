"""Others' retrieval beside ours: the same segments, the same questions, the same run."""
