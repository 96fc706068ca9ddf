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
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/policyjson"
)

const aboutEval = `eval decides whether requests are allowed, from all policies that affect them. It does not call AWS. Requests are JSON lines
in files, or from the standard input if there is no file or the file is -. Each request gets one line of output, in order and
immediately. A request can also span several lines if the first line contains only its brace:

  {"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "resource": "arn:aws:s3:::reports/q1.csv",
   "resourceAccount": "111122223333", "context": {"aws:SourceIp": "192.0.2.1"}, "unknown": ["aws:SourceVpc"],
   "identity": [POLICY...], "resourcePolicy": POLICY, "boundaries": [POLICY...], "session": POLICY, "endpoint": [POLICY...],
   "scps": [[POLICY...]...], "rcps": [[POLICY...]...]}

  {"decision": "allowed", "statements": [{"policy": "identity[0]", "statement": 0, "sid": "Read", "effect": "Allow"}]}

The principal is an ARN, an account ID, a service or * (anonymous). resourceAccount is the owner of the resource if its ARN does
not contain an account. federatedBy is the ARN of the IAM user that called GetFederationToken, if the principal is a federated
user's session. A context value is a string, a number, a boolean or a list of these. A key that is neither in context nor in
unknown is absent. scps and rcps contain a list for each level from the root to the account; without them there is no
organization. A field that is absent, null or empty means that there is no such policy.

A policy is a JSON object, its text in a string, which can be percent-encoded, or the output of an AWS CLI command that contains
one policy, such as aws iam get-role-policy, get-policy-version and get-role, aws s3api get-bucket-policy, aws kms get-key-policy
and aws organizations describe-policy. If a policy violates the grammar, eval evaluates what is in force. Anything that is not a
policy of that kind is an error: a template or an intrinsic function of CloudFormation, a placeholder of Terraform or another tool,
a policy with principals as an identity policy, and a resource policy without principals.

The decision is allowed, implicitDeny, explicitDeny or unknown. blockedBy names the kinds of policy that do not allow the request,
or deny it: identity, resource, boundary, session, endpoint, scp, rcp, and protected for what AWS does not allow anyone to do.
statements are those that decided; policy is resource, session, identity[i], boundary[i], endpoint[i], scp[level][i] or
rcp[level][i], counted from 0. unknownKeys are the condition keys that the decision depends on. A request that cannot be read gets
{"error": "..."} with its line and column. The exit code is 0 if every request got an answer, including errors.

--explain prints a readable explanation instead: the statements that decided, and what did not match in every other statement.`

// effects are the words for effects.
var effects = map[policy.Effect]string{policy.Allow: "Allow", policy.Deny: "Deny"}

// refusal is the answer to what is no request.
type refusal struct {
	Error string `json:"error"`
}

func newEval(w *world, f *format) *cobra.Command {
	explain := false
	cmd := &cobra.Command{
		Use: "eval [--explain] [FILE|-]...", Short: "decide whether policies allow requests", Long: aboutEval,
		Args: func(_ *cobra.Command, args []string) error { return oneStdin("eval", args) },
		RunE: func(cmd *cobra.Command, args []string) error {
			asked := cmd.Flags().Changed("format")
			if asked && explain && *f == formatJSON {
				return usagef("eval: --explain is for text output only, not for --format json")
			}
			if len(args) == 0 {
				args = []string{history.Stdin}
			}
			e := newEvaluating(w.in, w.out, explain || asked && *f == formatText)
			return interruptible(cmd.Context(), func() error { return e.run(args) })
		},
	}
	cmd.Flags().BoolVar(&explain, "explain", false, "explain which statements decided, and why the others did not")
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
		return usagef("%s: the standard input is specified more than once", command)
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
	in       io.Reader
	out      *bufio.Writer
	explain  bool
	requests *policyjson.Reader
}

func newEvaluating(in io.Reader, out io.Writer, explain bool) *evaluating {
	return &evaluating{in: in, out: bufio.NewWriterSize(out, 64<<10), explain: explain, requests: policyjson.NewReader()}
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
	request, set, err := e.requests.Read(text)
	if err != nil {
		return e.refuse(fmt.Sprintf("%s%s: %v", name, whereIn(text, number, err), err))
	}
	if e.explain {
		return writeText(e.out, explain(fmt.Sprintf("%sline %d", name, number), policy.Explain(request, set))+"\n")
	}
	return writeJSON(e.out, policyjson.NewVerdict(policy.Evaluate(request, set)))
}

// whereIn says in which line the fault is, and in which column, in bytes, where that is known.
func whereIn(text []byte, first int, err error) string {
	var f *policyjson.FieldError
	if !errors.As(err, &f) {
		return fmt.Sprintf("line %d", first)
	}
	line, column := words.Place(text, min(f.Offset, len(bytes.TrimRight(text, "\r\n"))))
	return fmt.Sprintf("line %d, column %d", first-1+line, column)
}

// refuse answers what is no request.
func (e *evaluating) refuse(why string) error {
	if e.explain {
		return writeText(e.out, message.Line(why)+"\n\n")
	}
	return writeJSON(e.out, refusal{why})
}
