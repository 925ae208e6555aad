/** Python's exception classes that PyTorch raises. `TypeError` is JavaScript's own: the name is the same. */
function errorClass(name: string) {
  return class extends Error {
    constructor(message?: string, options?: ErrorOptions) {
      super(message, options);
      this.name = name;
    }
  };
}

export class RuntimeError extends errorClass("RuntimeError") {}
export class IndexError extends errorClass("IndexError") {}
export class ValueError extends errorClass("ValueError") {}
export class NotImplementedError extends errorClass("NotImplementedError") {}
export class AssertionError extends errorClass("AssertionError") {}
export class KeyError extends errorClass("KeyError") {}
export class AttributeError extends errorClass("AttributeError") {}
export class LinAlgError extends errorClass("LinAlgError") {}
export class GradcheckError extends errorClass("GradcheckError") {}
