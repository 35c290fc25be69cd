//! The protocol's side of the tools: lists them, calls them on threads of their own, and learns the
//! client's roots.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rmcp::model::{
    CallToolRequestMethod, CallToolRequestParams, CallToolResponse, CallToolResult, ConstString,
    ContentBlock, CustomRequest, CustomResult, ErrorCode, ErrorData, Implementation,
    ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
    Tool,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer};
use rmcp::{Peer, ServerHandler};
use tokio::sync::{Mutex, Semaphore, oneshot};

use super::project::Projects;
use super::tool::{self, Answer, Failure};
use crate::report::printable::Printable;
use crate::text::token;

/// How long a client may take to say which its roots are.
const PATIENCE: Duration = Duration::from_secs(2);

const INSTRUCTIONS: &str = "\
birthmark compares code with an index of licensed open source and says whose it resembles, under which licence, and whether \
that licence lets it stand in this project. It works on this machine only: no code leaves it.

Call check_code before you write or suggest more than a few lines of code that do not come from this project, and \
after you have adapted code from elsewhere. Give the path it is meant for, which decides the licence it is judged under. \
Its `status`: `nothing-found` and `passes` need nothing more; `fails` means that the code must not be written as it is: tell \
the user whose it is and follow a remedy; `not-checked` is no approval. Where a notice must be kept, keep it.

explain_match says line by line why a match was reported. To reword code until nothing is found is no remedy: it may still be \
a derived work. A match is evidence, not proof, and none of this is legal advice.";

/// A server over some projects.
pub(super) struct Server {
    projects: Arc<Projects>,
    tools: Vec<Tool>,
    roots: Mutex<Roots>,
    /// How many calls are worked on at a time.
    turns: Semaphore,
}

/// What a call is answered that birthmark fails at.
const FAILED: &str = "birthmark failed on this request; please report it as an error in birthmark";

/// What is known of the client's roots.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Roots {
    /// It was not asked since they changed.
    Unknown,
    /// It was asked.
    Asked,
}

impl Server {
    pub(super) fn new(projects: Projects, jobs: usize) -> Server {
        Server {
            turns: Semaphore::new(jobs),
            projects: Arc::new(projects),
            tools: tool::all(),
            roots: Mutex::new(Roots::Unknown),
        }
    }

    /// Asks a client that has roots which they are. Later revisions have no such question: there
    /// the directories hold that the server was started with.
    async fn learn_roots(&self, context: &RequestContext<RoleServer>) {
        let is_early = context
            .protocol_version()
            .is_some_and(|version| version < ProtocolVersion::V_2026_07_28);
        let has_roots = context.client_capabilities().is_some_and(|client| client.roots.is_some());
        if !is_early || !has_roots || !self.projects.is_open_to_client() {
            return;
        }
        // Held until the answer is there: a second call must not go on with roots that do not hold.
        let mut known = self.roots.lock().await;
        if *known == Roots::Unknown {
            if let Some(uris) = roots_of(&context.peer).await {
                self.projects.set_roots(&uris);
            }
            *known = Roots::Asked;
        }
    }
}

#[expect(deprecated, reason = "clients of the earlier revisions name their roots")]
async fn roots_of(peer: &Peer<RoleServer>) -> Option<Vec<String>> {
    let answer = tokio::time::timeout(PATIENCE, peer.list_roots()).await.ok()?.ok()?;
    Some(answer.roots.into_iter().map(|root| root.uri).collect())
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let name = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_title("birthmark")
            .with_description(env!("CARGO_PKG_DESCRIPTION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(name)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult { tools: self.tools.clone(), ..ListToolsResult::default() })
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.tools.iter().find(|tool| tool.name == name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let call = tool::parse(&request.name, request.arguments.unwrap_or_default())?;
        self.learn_roots(&context).await;
        let projects = Arc::clone(&self.projects);
        // Checks are work for the processor: the loop goes on to hear what else is asked, and so
        // many are done at a time. One that is given up leaves its place to the next.
        let _turn = self.turns.acquire().await;
        let (told, answer) = oneshot::channel();
        let started = thread::Builder::new().name("mcp check".to_owned()).spawn(move || {
            let answered = catch_unwind(AssertUnwindSafe(|| call.run(&projects)));
            // Nobody listens any more once it was given up.
            let _ = told.send(answered.unwrap_or_else(|_| Err(Failure(FAILED.to_owned()))));
        });
        if let Err(error) = started {
            let message = format!("no thread can be started: {error}. Nothing was checked.");
            return Ok(result(Err(Failure(message))).into());
        }
        let patience = token::patience_of_answers();
        let answer = match tokio::time::timeout(patience, answer).await {
            Ok(answered) => answered.unwrap_or_else(|_| Err(Failure(FAILED.to_owned()))),
            Err(_) => Err(Failure(format!(
                "this was not done within {} s and is given up; nothing was checked. Please report it as an error in birthmark",
                patience.as_secs()
            ))),
        };
        Ok(result(answer).into())
    }

    /// What no other request is: of another method, or malformed.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        let method = request.method;
        if method == CallToolRequestMethod::VALUE {
            let message = "tools/call takes a `name`, a text, and `arguments`, an object";
            return Err(ErrorData::invalid_params(message, None));
        }
        let message = format!("there is no method {}", Printable(&method));
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None))
    }

    async fn on_roots_list_changed(&self, _context: NotificationContext<RoleServer>) {
        *self.roots.lock().await = Roots::Unknown;
    }
}

fn result(answer: Result<Answer, Failure>) -> CallToolResult {
    match answer {
        Ok(Answer { text, data }) => {
            let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
            result.structured_content = Some(data);
            result
        }
        Err(Failure(message)) => CallToolResult::error(vec![ContentBlock::text(message)]),
    }
}
