"""What a learner and a grader need: answers, verdicts, and the mistakes that explain them."""
