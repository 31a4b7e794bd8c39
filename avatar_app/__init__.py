"""The application: everything that touches a device, a thread, a user's file, or Qt."""
