# The same tree as an image, from the very archive that `make package` wrote.
FROM --platform=$BUILDPLATFORM public.ecr.aws/lambda/python:3.13 AS unpacked
COPY dist/holdings.zip /
RUN ["python3", "-m", "zipfile", "-e", "/holdings.zip", "/tree"]

FROM --platform=linux/arm64 public.ecr.aws/lambda/python:3.13
COPY --from=unpacked /tree/ ${LAMBDA_TASK_ROOT}/
CMD ["app.handler"]
