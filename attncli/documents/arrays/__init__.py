"""Arrays by name: NPZ, NPY and safetensors, whole or in slices."""
