"""Works in the road in every outside standard's shape; one module or package for each standard."""
