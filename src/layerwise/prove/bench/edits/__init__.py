"""Changes a copy of a project as a scenario says, so that steps run again and their results stay what they are."""
