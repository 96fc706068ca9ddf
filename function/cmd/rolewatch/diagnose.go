package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/diagnosis"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const aboutDiagnose = `diagnose finds what is wrong with the execution role of one function, or why Lambda rejected a call. It lists the findings in
the order in which to fix them. It reads the account of your AWS credentials, or an export of an account (--account, as for
scan), and only that function and its roles.

  rolewatch diagnose orders-api
  rolewatch diagnose arn:aws:lambda:us-east-1:111122223333:function:orders-api
  rolewatch diagnose orders-api --error "The role defined for the function cannot be assumed by Lambda." --role ARN
  rolewatch diagnose --error "...the message..." --request FILE
  rolewatch diagnose --request FILE

--error is the message of a rejected call, as a tool prints it. You can include the text that the tool prints around it.
The role is that of --role, or the role that the call or the message names, or else the function's role.

--request is a file with the call (- is the standard input): its CloudTrail record, which also contains the message, or the
input of an AWS CLI command in the form of --cli-input-json (CreateFunction, UpdateFunctionConfiguration,
CreateEventSourceMapping, UpdateEventSourceMapping, PutFunctionEventInvokeConfig). The permissions that Lambda needs depend on
the call, such as on its VPC, dead-letter queue or event source. Without a message, diagnose evaluates a call that was
not made yet, and says what Lambda would reject. A record can be a file that CloudTrail delivers, compressed or not, or the output of

  aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateFunction20150331

The exit code is 3 if something is wrong, and 1 if the cause of a rejected call was not found.`

// diagnoseFlags are the flags of diagnose that say what is asked.
type diagnoseFlags struct{ dir, message, role, request string }

func newDiagnose(w *world, f *format) *cobra.Command {
	var flags diagnoseFlags
	var rule ruleFlags
	var live liveFlags
	cmd := &cobra.Command{
		Use: "diagnose [FUNCTION] [--error MESSAGE] [--role ARN] [--request FILE]", Short: "find what is wrong with a function's role, or why a call was rejected",
		Long: aboutDiagnose, Args: between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := flags.question(cmd, args, w.in)
			if err != nil {
				return err
			}
			if flags.dir != "" {
				if err := live.refuse("diagnose"); err != nil {
					return err
				}
			}
			rules, err := rule.load(cmd, w)
			if err != nil {
				return err
			}
			account, err := flags.open(cmd.Context(), w, live, rules, &q)
			if err != nil {
				return err
			}
			options := rules.scanning(func(string) {})
			options.Graph = nil // A diagnosis reads one role, and a graph is of all.
			answer, err := diagnosis.Ask(cmd.Context(), account, q, options)
			return diagnosed{world: w, format: *f, question: q}.print(answer, err)
		},
	}
	cmd.Flags().StringVar(&flags.message, "error", "", "message of the rejected call, as a tool prints it")
	cmd.Flags().StringVar(&flags.role, "role", "", "`ARN` of the role in the call")
	cmd.Flags().StringVar(&flags.request, "request", "", "`FILE` with the call: its CloudTrail record, or the input of an AWS CLI command")
	cmd.Flags().StringVar(&flags.dir, "account", "", "folder with the account's export; by default, the live account is read")
	live.bind(cmd, "Regions of the live account in which to search for a function that is specified by its name; by default, the configured Region")
	rule.bind(cmd)
	return cmd
}

// question is what the command line asks.
func (f *diagnoseFlags) question(cmd *cobra.Command, args []string, in io.Reader) (diagnosis.Question, error) {
	q := diagnosis.Question{Role: f.role, Message: terminalCode.ReplaceAllString(f.message, "")}
	if len(f.message) > mostMessage {
		return q, usagef("diagnose: --error has more than %d bytes; specify only the message of the rejected call", mostMessage)
	}
	if len(args) > 0 {
		var ok bool
		if q.Function, ok = aws.ParseFunctionName(args[0]); !ok {
			return q, usagef("diagnose: %q is neither the name nor the ARN of a function", args[0])
		}
	}
	for name, value := range map[string]string{"error": f.message, "role": f.role, "request": f.request, "account": f.dir} {
		// An empty variable of a script must not ask another question.
		if cmd.Flags().Changed(name) && value == "" {
			return q, usagef("diagnose: --%s is empty", name)
		}
	}
	if f.role != "" {
		if _, err := role.ParseRef(f.role); err != nil {
			return q, usagef("diagnose: --role: %w", err)
		}
	}
	if f.request != "" {
		text, err := f.read(in)
		if err != nil {
			return q, fmt.Errorf("read the call: %w", err)
		}
		if text, err = export.Plain(text, mostRequest); err != nil {
			return q, fmt.Errorf("read the call: %s: %w", f.request, err)
		}
		if q.Call, err = diagnosis.ReadCall(text); err != nil {
			return q, fmt.Errorf("read the call: %s: %w", f.request, err)
		}
	}
	if len(args) == 0 && f.role == "" && f.message == "" && q.Call == nil {
		return q, usagef("diagnose: specify a function, the message of a rejected call (--error), or the call (--request)")
	}
	return q, nil
}

// mostMessage bounds a message, in bytes: AWS's are shorter than 2 KB, and what tools put around them is not long either.
const mostMessage = 64 << 10

// terminalCode is a color or another control sequence, which a message has that is pasted from a terminal.
var terminalCode = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// mostRequest bounds the text of a call: Lambda takes requests of 6 MB, of which the most is code.
const mostRequest = 16 << 20

func (f *diagnoseFlags) read(in io.Reader) ([]byte, error) {
	if f.request != "-" {
		file, err := os.Open(f.request)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, mostRequest+1))
	if err == nil && len(text) > mostRequest {
		err = fmt.Errorf("%s: it has more than %d bytes", f.request, mostRequest)
	}
	return text, err
}

// open opens the account, and completes the question by whose it is.
func (f *diagnoseFlags) open(ctx context.Context, w *world, flags liveFlags, rules ruling, q *diagnosis.Question) (diagnosis.Account, error) {
	if f.dir != "" {
		account, err := export.Read(f.dir)
		if err != nil {
			return nil, err
		}
		q.Partition, q.AccountID = account.Partition(), account.ID()
		return account, nil
	}
	for _, name := range []aws.FunctionName{q.Function, callFunction(q.Call)} {
		if name.Region != "" && !slices.Contains(flags.regions, name.Region) {
			flags.regions = append(flags.regions, name.Region)
		}
	}
	who, err := whoIs(ctx, w, flags)
	if err != nil {
		return nil, err
	}
	if of := q.Function.Account; of != "" && of != who.account {
		return nil, fmt.Errorf("the function is in account %s, but the credentials are of account %s", of, who.account)
	}
	q.Partition, q.AccountID = who.partition, who.account
	return who.live(rules), nil
}

func callFunction(c *diagnosis.Call) aws.FunctionName {
	if c == nil {
		return aws.FunctionName{}
	}
	return c.Function
}
