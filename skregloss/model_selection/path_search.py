"""x"""

PathSearchCV = None
