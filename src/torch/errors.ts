/** Python's exception classes that PyTorch raises. `TypeError` is JavaScript's own: the name is the same. */
function errorClass(name: string) {
  return class extends Error {
    constructor(message?: string, options?: ErrorOptions) {
      super(message, options);
      this.name = name;
    }
  };
}

/** What cannot be computed: shapes, dtypes and graphs that do not fit. */
export class RuntimeError extends errorClass("RuntimeError") {}
/** A dimension or an index outside its range. */
export class IndexError extends errorClass("IndexError") {}
/** An argument of the right type with a value that cannot be. */
export class ValueError extends errorClass("ValueError") {}
/** What PyTorch has and this engine does not, or not for this input; the message names it. */
export class NotImplementedError extends errorClass("NotImplementedError") {}
/** A condition that PyTorch's own Python code asserts. */
export class AssertionError extends errorClass("AssertionError") {}
/** A name that a container or a state dict does not have. */
export class KeyError extends errorClass("KeyError") {}
/** An attribute that a module does not have. */
export class AttributeError extends errorClass("AttributeError") {}
/** A matrix that cannot be factored, inverted or solved with. */
export class LinAlgError extends errorClass("LinAlgError") {}
/** A derivative that finite differences do not bear out. */
export class GradcheckError extends errorClass("GradcheckError") {}
