"""Content-provision tasks (信息提供任务): the coordinating office asks, a unit delivers (ORG-20)."""
