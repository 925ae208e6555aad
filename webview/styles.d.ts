/** The bundler turns a style sheet's import into a file beside the script. */
declare module "*.css";
