// The product of two matrices of 512×512, both held as parameters so that a call copies nothing.
import { defineModel, matmul, param } from "gradc";

export default defineModel({
  name: "W8",
  inputs: {},
  build() {
    return { outputs: { product: matmul(param("a", [512, 512]), param("b", [512, 512])) } };
  },
});
