/** The panel in a page of its own: the trace lies in the page, which also plays the editor's part. */
import { SourcePane } from "./sourcePane";
import { pageContent, pageHost } from "./standaloneHost";
import "./standalone.css";
import "./main";

const { content } = pageContent;
if (content.source !== undefined) pageHost.showSource(new SourcePane(content.source, content.trace, pageHost));
