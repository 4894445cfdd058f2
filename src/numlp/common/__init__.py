"""What every room needs: checks of arguments, wording of messages, scikit-learn's protocol."""
