# Digit Lab in a container. All that lasts lies in the volume /data; see docs/deploy.md.
#   docker build -t digit-lab .
#   docker run -p 8501:8501 -v digit-lab:/data -e DIGITLAB_PASSPHRASE digit-lab
FROM python:3.11-slim

# An index that has PyTorch for processors alone; without one the image takes 4 GB more.
ARG TORCH_INDEX=""

RUN useradd --uid 1000 --create-home digitlab && install -d -o digitlab -g digitlab /data
WORKDIR /opt/digit-lab
COPY . .
RUN TORCH_INDEX="$TORCH_INDEX" sh docs/deploy/install.sh

# The programs stay root's: who runs them can change nothing but /data.
USER digitlab
ENV DIGITLAB_RUNS=/data/runs \
    DIGITLAB_DATA=/data/images \
    DIGITLAB_DRAWINGS=/data/drawings \
    DIGITLAB_CONFIG=/data/config \
    DIGITLAB_CACHE=/data/cache
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD [".venv/bin/python", "docs/deploy/healthy.py"]
CMD ["sh", "docs/deploy/start.sh"]
