# The tree of dist/holdings.zip as an image for Lambda. `make image` lays out the two folders in
# dist/image, which is the context: nothing has to run here, so any machine builds it for arm64.
FROM --platform=linux/arm64 public.ecr.aws/lambda/python:3.13

# The packages first: new code of ours leaves this layer as it is, where it is.
COPY dependencies/ ${LAMBDA_TASK_ROOT}/
COPY app/ ${LAMBDA_TASK_ROOT}/

# Lambda brings a user of its own; elsewhere nobody has to be root either.
USER 65534:65534
CMD ["app.handler"]
