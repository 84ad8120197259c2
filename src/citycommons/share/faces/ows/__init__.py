"""What OGC's older web services share: parameters, exceptions, names, layers."""
