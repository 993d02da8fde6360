"""Line plant (机线) and number segments as they are imported: validation, names, addresses."""
