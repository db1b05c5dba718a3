"""Evaluation: one loop, tasks that translate, measures of what came out."""
