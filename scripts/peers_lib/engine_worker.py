"""engine_worker.py onnxruntime|openvino|litert THREADS: the peers' side of the protocol of worker.py.

Runs in a virtual environment. Beside the requests of apps/mobilenet_peer_worker there is `version`, and `load ID
FILE INPUT` takes a model file and raw float32 (n, h, w, c). Every engine keeps its defaults except the number of
threads and f32 arithmetic. Input and output lie in buffers that are bound once; a pass is one call from Python.
"""

import json
import os
import sys
import time

import numpy as np


def image_of(path, shape):
    """(1, h, w, 3) or, where channels come first, (1, 3, h, w)."""
    pixels = np.fromfile(path, dtype="<f4")
    if shape[1] != 3:
        return pixels.reshape(shape)
    return np.ascontiguousarray(pixels.reshape(1, shape[2], shape[3], 3).transpose(0, 3, 1, 2))


class OnnxRuntime:
    def __init__(self, threads):
        import onnxruntime

        self.runtime, self.threads, self.version = onnxruntime, threads, onnxruntime.__version__

    def load(self, path, image_path):
        """Runs a pass; returns where its output is."""
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        options.log_severity_level = 3  # errors
        session = self.runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        make = self.runtime.OrtValue.ortvalue_from_numpy
        image = make(image_of(image_path, session.get_inputs()[0].shape))
        scores = make(np.zeros(session.get_outputs()[0].shape, np.float32))
        binding = session.io_binding()
        binding.bind_ortvalue_input(session.get_inputs()[0].name, image)
        binding.bind_ortvalue_output(session.get_outputs()[0].name, scores)

        def run(_image=image):  # its array would be freed without it: the binding holds no reference
            session.run_with_iobinding(binding)

        return run, scores.numpy


class OpenVino:
    def __init__(self, threads):
        import openvino

        self.runtime, self.threads, self.version = openvino, threads, openvino.__version__.split("-")[0]

    def load(self, path, image_path):
        # The driver has chosen the CPUs; OpenVINO would bind its threads to CPUs of its own choice.
        settings = {
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,
        }
        core = self.runtime.Core()
        compiled = core.compile_model(core.read_model(path), "CPU", settings)
        request = compiled.create_infer_request()
        request.set_input_tensor(self.runtime.Tensor(image_of(image_path, list(compiled.input(0).shape))))
        return (
            lambda: request.infer(share_inputs=True, share_outputs=True),
            lambda: np.array(request.get_output_tensor(0).data),
        )


class LiteRt:
    def __init__(self, threads):
        from importlib import metadata

        from ai_edge_litert import interpreter

        self.runtime, self.threads, self.version = interpreter, threads, metadata.version("ai-edge-litert")

    def load(self, path, image_path):
        interpreter = self.runtime.Interpreter(path, num_threads=self.threads)
        interpreter.allocate_tensors()
        [image], [scores] = interpreter.get_input_details(), interpreter.get_output_details()
        interpreter.set_tensor(image["index"], image_of(image_path, list(image["shape"])))
        return interpreter.invoke, lambda: interpreter.get_tensor(scores["index"])


ENGINES = {"onnxruntime": OnnxRuntime, "openvino": OpenVino, "litert": LiteRt}


def timed(run, settle, passes):
    for _ in range(settle):
        run()
    clock = time.perf_counter_ns
    nanoseconds = [0] * passes
    before = clock()
    for index in range(passes):
        run()
        after = clock()
        nanoseconds[index] = after - before
        before = after
    return nanoseconds


def answer(engine, loaded, words):
    match words:
        case ["version"]:
            return {"version": engine.version}
        case ["load", name, path, image]:
            loaded[name] = engine.load(path, image)
            return {}
        case ["unload", name]:
            del loaded[name]
            return {}
        case ["output", name, path]:
            run, output = loaded[name]
            run()
            output().astype("<f4").tofile(path)
            return {}
        case ["run", name, settle, passes]:
            return {"nanoseconds": timed(loaded[name][0], int(settle), int(passes))}
    return {"error": f"request: unknown words {words}"}


def main(name, threads):
    # What a library prints belongs to stderr: stdout is the protocol's.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    engine, loaded = ENGINES[name](int(threads)), {}
    for line in sys.stdin:
        try:
            found = answer(engine, loaded, line.rstrip("\n").split("\t"))
        except Exception as error:  # an engine's own exceptions share no base
            found = {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
        answers.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
