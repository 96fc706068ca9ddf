package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/policy"
)

const aboutEval = `eval answers whether requests are allowed, from all policies that bear on them, without calling AWS. Requests come as
JSON lines from files, or from the standard input without a file or for -, and each is answered by a line, in order and at once.
One that is printed over several lines is read too, if the first is nothing but its brace:

  {"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "resource": "arn:aws:s3:::reports/q1.csv",
   "resourceAccount": "111122223333", "context": {"aws:SourceIp": "192.0.2.1"}, "unknown": ["aws:SourceVpc"],
   "identity": [POLICY...], "resourcePolicy": POLICY, "boundaries": [POLICY...], "session": POLICY, "endpoint": [POLICY...],
   "scps": [[POLICY...]...], "rcps": [[POLICY...]...]}

  {"decision": "allowed", "statements": [{"policy": "identity[0]", "statement": 0, "sid": "Read", "effect": "Allow"}]}

The principal is an ARN, an account ID, a service or * (anonymous). resourceAccount is the owner where the ARN does not tell.
A context value is a string, a number, a boolean or a list of these; a key that is neither in context nor in unknown is absent. A policy is a
JSON object, or its text in a string. scps and rcps hold a list for each level from the root to the account; without them
there is no organization. A field that is absent, null or empty means that there is none.

The decision is allowed, implicitDeny, explicitDeny or unknown. blockedBy names the kinds of policy that did not allow, or deny:
identity, resource, boundary, session, endpoint, scp, rcp, and protected for what AWS lets nobody do. statements are those that decided;
policy is resource, session, identity[i], boundary[i], endpoint[i], scp[level][i] or rcp[level][i], counted from 0. unknownKeys
are those that the answer hung on. A request that cannot be read is answered by {"error": "..."} with its line; the exit code
is 0 when every request was answered, also so.

--explain tells people instead: the statements that decided, and for every other one what about it did not match.`

// decisions are the words for decisions.
var decisions = map[policy.Decision]string{
	policy.Allowed: "allowed", policy.ImplicitDeny: "implicitDeny", policy.ExplicitDeny: "explicitDeny", policy.Unknown: "unknown",
}

// effects are the words for effects.
var effects = map[policy.Effect]string{policy.Allow: "Allow", policy.Deny: "Deny"}

// verdict is the answer to a request.
type verdict struct {
	Decision    string    `json:"decision"`
	BlockedBy   []string  `json:"blockedBy,omitempty"`
	Statements  []decider `json:"statements"`
	UnknownKeys []string  `json:"unknownKeys,omitempty"`
}

// decider is a statement that decided.
type decider struct {
	Policy    string `json:"policy"`
	Statement int    `json:"statement"`
	Sid       string `json:"sid,omitempty"`
	Effect    string `json:"effect"`
}

func verdictOf(v policy.Verdict) verdict {
	out := verdict{Decision: decisions[v.Decision], BlockedBy: v.BlockedBy, Statements: make([]decider, len(v.Statements)), UnknownKeys: v.UnknownKeys}
	for i, s := range v.Statements {
		out.Statements[i] = decider{Policy: s.Policy, Statement: s.Statement.Index, Sid: s.Statement.Sid, Effect: effects[s.Effect]}
	}
	return out
}

// refusal is the answer to what is no request.
type refusal struct {
	Error string `json:"error"`
}

func newEval(w *world, f *format) *cobra.Command {
	explain := false
	cmd := &cobra.Command{
		Use: "eval [--explain] [FILE|-]...", Short: "answer requests from policies", Long: aboutEval,
		Args: func(_ *cobra.Command, args []string) error { return oneStdin("eval", args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			asked := cmd.Flags().Changed("format")
			if asked && explain && *f == formatJSON {
				return usagef("eval: --explain is for people to read; it has no --format json")
			}
			if len(args) == 0 {
				args = []string{history.Stdin}
			}
			e := newEvaluating(w.in, w.out, explain || asked && *f == formatText)
			return interruptible(cmd.Context(), func() error { return e.run(args) })
		},
	}
	cmd.Flags().BoolVar(&explain, "explain", false, "tell people which statements decided, and why the others did not")
	return cmd
}

// oneStdin refuses a standard input that is to be read twice.
func oneStdin(command string, args []string) error {
	stdin := 0
	for _, arg := range args {
		if arg == history.Stdin {
			stdin++
		}
	}
	if stdin > 1 {
		return usagef("%s: the standard input is given twice", command)
	}
	return nil
}

// interruptible does work that may wait for input, which only the end of the process can interrupt.
func interruptible(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// evaluating is one run of eval.
type evaluating struct {
	in        io.Reader
	out       *bufio.Writer
	explain   bool
	questions *questions
}

func newEvaluating(in io.Reader, out io.Writer, explain bool) *evaluating {
	return &evaluating{in: in, out: bufio.NewWriterSize(out, 64<<10), explain: explain, questions: newQuestions()}
}

// run answers the requests of all inputs.
func (e *evaluating) run(paths []string) error {
	var failed error
	for _, path := range paths {
		if failed = e.file(path); failed != nil {
			break
		}
	}
	if err := e.out.Flush(); err != nil && failed == nil {
		failed = fmt.Errorf("write results: %w", err)
	}
	return failed
}

func (e *evaluating) file(path string) error {
	if path == history.Stdin {
		return e.answer("", e.in)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read requests: %w", err)
	}
	defer f.Close()
	return e.answer(path+", ", f)
}

// answer answers the requests of one input, whose name goes before the number of a line.
func (e *evaluating) answer(name string, in io.Reader) error {
	lines := newRequestLines(flushing{in, e.out})
	for {
		text, number, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errTooLong):
			err = e.refuse(fmt.Sprintf("%sline %d: %v", name, number, err))
		case err != nil:
			return fmt.Errorf("read requests: %s%w", name, err)
		default:
			err = e.one(name, text, number)
		}
		if err != nil {
			return err
		}
	}
}

// one answers one request, whose text begins in a line.
func (e *evaluating) one(name string, text []byte, number int) error {
	request, set, err := e.questions.read(text)
	if err != nil {
		return e.refuse(fmt.Sprintf("%s%s: %v", name, whereIn(text, number, err), err))
	}
	if e.explain {
		return writeText(e.out, explain(fmt.Sprintf("%sline %d", name, number), policy.Explain(request, set))+"\n")
	}
	return writeJSON(e.out, verdictOf(policy.Evaluate(request, set)))
}

// whereIn says in which line the fault is, and in which column, in bytes, where that is known.
func whereIn(text []byte, first int, err error) string {
	var f fault
	if !errors.As(err, &f) {
		return fmt.Sprintf("line %d", first)
	}
	before := text[:min(f.offset, len(bytes.TrimRight(text, "\r\n")))]
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d", first+bytes.Count(before, []byte("\n")), column)
}

// refuse answers what is no request.
func (e *evaluating) refuse(why string) error {
	if e.explain {
		return writeText(e.out, message.Line(why)+"\n\n")
	}
	return writeJSON(e.out, refusal{why})
}
