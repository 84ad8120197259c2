"""Side-by-side runs against peers: each prints its figures and the ratio of the same run."""
