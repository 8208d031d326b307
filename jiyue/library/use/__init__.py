"""Where items are used, offered and picked; manuscripts and corrections."""
