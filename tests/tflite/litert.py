"""What LiteRT computes of a file."""

from ai_edge_litert.interpreter import Interpreter, OpResolverType


def litert(data, image):
    """Outputs of the reference kernels, flat."""
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    [given] = interpreter.get_input_details()
    interpreter.set_tensor(given["index"], image.reshape(given["shape"]))
    interpreter.invoke()
    return [interpreter.get_tensor(one["index"]).ravel() for one in interpreter.get_output_details()]
