"""The cloud: one component a file, one frozen configuration, pure policy builders."""
