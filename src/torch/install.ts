/** Puts the ops on tensors; imported for its effect, before anything public. */
import "./ops";
import "./autograd";
import { installMethods } from "./binder";
import { installHandwritten } from "./handwritten";

installMethods();
installHandwritten();
