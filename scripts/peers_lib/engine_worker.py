"""engine_worker.py onnxruntime|openvino|litert THREADS: the peers' side of the protocol of worker.py.

Runs in a virtual environment. Beside the requests of apps/mobilenet_peer_worker there is `version`, and `load ID
FILE INPUT SIZE` takes a model file and raw float32 of that size, NxHxWxC; `output` says how many there are. Every engine keeps its defaults except the number of
threads and f32 arithmetic. Input and output lie in buffers that are bound once; a pass is one call from Python.
"""

import sys
import time

import numpy as np
from serving import serve


def image_of(path, size, shape):
    """(n, h, w, c) or, where channels come first, (n, c, h, w). size: the former; shape: the model's, parts of it open."""
    pixels = np.fromfile(path, dtype="<f4").reshape(size)
    if channels_first(size, shape):
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
    return pixels


def channels_first(size, shape):
    return shape[1] == size[3] and shape[3] != size[3]


def flat(outputs, turned):
    """One behind the other, maps as (n, h, w, c)."""
    return [(one.transpose(0, 2, 3, 1) if turned and one.ndim == 4 else one).ravel() for one in outputs]


class OnnxRuntime:
    def __init__(self, threads):
        import onnxruntime

        self.runtime, self.threads, self.version = onnxruntime, threads, onnxruntime.__version__

    def load(self, path, image_path, size):
        """What runs a pass, and what gives its outputs."""
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        options.log_severity_level = 3  # errors
        session = self.runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        make = self.runtime.OrtValue.ortvalue_from_numpy
        [given] = session.get_inputs()
        values = [make(image_of(image_path, size, given.shape))]
        binding = session.io_binding()
        binding.bind_ortvalue_input(given.name, values[0])
        for output in session.get_outputs():
            if all(isinstance(dim, int) for dim in output.shape):
                values.append(make(np.zeros(output.shape, np.float32)))
                binding.bind_ortvalue_output(output.name, values[-1])
            else:
                binding.bind_output(output.name)

        def run(_values=values):  # their arrays would be freed without it: the binding holds no reference
            session.run_with_iobinding(binding)

        turned = channels_first(size, given.shape)
        return run, lambda: flat([value.numpy() for value in binding.get_outputs()], turned)


class OpenVino:
    def __init__(self, threads):
        import openvino

        self.runtime, self.threads, self.version = openvino, threads, openvino.__version__.split("-")[0]

    def load(self, path, image_path, size):
        # The driver has chosen the CPUs; OpenVINO would bind its threads to CPUs of its own choice.
        settings = {
            "INFERENCE_NUM_THREADS": self.threads,
            "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "ENABLE_CPU_PINNING": False,
        }
        core = self.runtime.Core()
        model = core.read_model(path)
        shape = [dim.get_length() if dim.is_static else None for dim in model.input(0).partial_shape]
        image = image_of(image_path, size, shape)
        if None in shape:
            model.reshape(list(image.shape))
        compiled = core.compile_model(model, "CPU", settings)
        request = compiled.create_infer_request()
        request.set_input_tensor(self.runtime.Tensor(image))
        outputs, turned = range(len(compiled.outputs)), channels_first(size, shape)
        return (
            lambda: request.infer(share_inputs=True, share_outputs=True),
            lambda: flat([np.array(request.get_output_tensor(index).data) for index in outputs], turned),
        )


class LiteRt:
    def __init__(self, threads):
        from importlib import metadata

        from ai_edge_litert import interpreter

        self.runtime, self.threads, self.version = interpreter, threads, metadata.version("ai-edge-litert")

    def load(self, path, image_path, size):
        interpreter = self.runtime.Interpreter(path, num_threads=self.threads)
        [given] = interpreter.get_input_details()
        image = image_of(image_path, size, list(given["shape_signature"]))
        if list(given["shape"]) != list(image.shape):
            interpreter.resize_tensor_input(given["index"], image.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], image)
        places = [one["index"] for one in interpreter.get_output_details()]
        return interpreter.invoke, lambda: flat([interpreter.get_tensor(place) for place in places], False)


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
        case ["load", name, path, image, size]:
            loaded[name] = engine.load(path, image, [int(side) for side in size.split("x")])
            return {}
        case ["unload", name]:
            del loaded[name]
            return {}
        case ["output", name, path]:
            run, output = loaded[name]
            run()
            outputs = output()
            np.concatenate(outputs).astype("<f4").tofile(path)
            return {"outputs": len(outputs)}
        case ["run", name, settle, passes]:
            return {"nanoseconds": timed(loaded[name][0], int(settle), int(passes))}
    return {"error": f"request: unknown words {words}"}


def main(name, threads):
    def begin():
        engine, loaded = ENGINES[name](int(threads)), {}
        return lambda words: answer(engine, loaded, words)

    serve(begin)


if __name__ == "__main__":
    main(*sys.argv[1:])
