/** Every family, so that the registry is whole. */
import "./activations";
import "./arithmetic";
import "./creation";
import "./indexing";
import "./joining";
import "./linalg";
import "./reductions";
import "./shaping";
import "./unary";
import "./writing";
