package diagnosis

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Call is a call that configures a function: a CloudTrail record, or the input of a command of the AWS CLI.
type Call struct {
	// Function is the function that it names, the zero value where it names none; Message is why the record says that it was
	// refused.
	Function aws.FunctionName
	Message  string

	record *events.Change
	// input are the parameters as a record has them.
	input map[string]jsontext.Value
	// creates says that the input has the code of a function that is to be made, and variables is its environment, nil where it
	// has none.
	creates   bool
	variables *map[string]string
}

// ReadCall reads a call from a text: a CloudTrail record, bare, in an EventBridge event, or alone in {"Records": [...]}; or the
// input of a command of the AWS CLI, as --cli-input-json takes it. An error names the line or the member that is wrong.
func ReadCall(text []byte) (*Call, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, fmt.Errorf("line %d: it is not a JSON object: %w", lineOf(text, err), err)
	}
	if list, ok := members["Records"]; ok {
		var records []jsontext.Value
		if err := json.Unmarshal(list, &records); err != nil {
			return nil, fmt.Errorf("Records: it is not a list of records: %w", err)
		}
		if len(records) != 1 {
			return nil, fmt.Errorf("Records: want the record of the call alone, and there are %d", len(records))
		}
		return readRecord(records[0])
	}
	_, source := members["eventSource"]
	_, detail := members["detail"]
	if source || detail {
		return readRecord(text)
	}
	return readInput(members)
}

// lineOf is the line on which a text is not what it should be.
func lineOf(text []byte, err error) int {
	at := int64(len(text))
	if syntax := (*jsontext.SyntacticError)(nil); errors.As(err, &syntax) {
		at = syntax.ByteOffset
	} else if semantic := (*json.SemanticError)(nil); errors.As(err, &semantic) {
		at = semantic.ByteOffset
	}
	return 1 + bytes.Count(text[:max(0, min(at, int64(len(text))))], []byte("\n"))
}

func readRecord(text []byte) (*Call, error) {
	record, err := events.Parse(text)
	var other *events.NotListedError
	switch {
	case errors.As(err, &other):
		return nil, fmt.Errorf("the record is of %s, which gives no function a role", other.Name)
	case err != nil:
		return nil, err
	case record.Event.Configures == events.ConfiguresNothing:
		return nil, fmt.Errorf("the record is of %s, which gives no function a role", record.Event.Name)
	case !record.Failed():
		return nil, fmt.Errorf("the record is of a call that succeeded: %s at %s", record.Event.Name, record.Time.Format(time.RFC3339))
	}
	c := &Call{Message: record.ErrorMessage, record: record}
	c.Function, _ = aws.ParseFunctionName(record.Function.ARN)
	return c, nil
}

// readInput reads the input of a command of the AWS CLI.
func readInput(members map[string]jsontext.Value) (*Call, error) {
	if members["FunctionName"] == nil && members["UUID"] == nil {
		return nil, errors.New("it is neither a CloudTrail record (it has no eventSource) nor the input of a Lambda command (it has no FunctionName)")
	}
	c := &Call{input: map[string]jsontext.Value{}}
	for name, value := range members {
		if err := c.take(name, value); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return c, nil
}

// take takes a parameter of the input.
func (c *Call) take(name string, value jsontext.Value) error {
	switch name {
	case "Code", "Tags": // They do not bear on what the function needs of the role, and may be long.
		c.creates = c.creates || name == "Code"
		return nil
	case "Environment":
		var environment struct{ Variables map[string]string }
		if err := json.Unmarshal(value, &environment); err != nil {
			return err
		}
		c.variables, value = &environment.Variables, jsontext.Value("{}") // A record leaves the variables out.
	case "FunctionName":
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return err
		}
		var ok bool
		if c.Function, ok = aws.ParseFunctionName(text); !ok {
			return fmt.Errorf("%q is not the name of a function", text)
		}
	}
	text, err := lowered(value)
	c.input[lower(name)] = text
	return err
}

// lowered writes a value with the names of its members as a record has them.
func lowered(value jsontext.Value) (jsontext.Value, error) {
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		return nil, err
	}
	var walk func(v any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			out := make(map[string]any, len(v))
			for name, member := range v {
				out[lower(name)] = walk(member)
			}
			return out
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		}
		return v
	}
	return json.Marshal(walk(v), json.Deterministic(true))
}

// lower is the name of a parameter as a record has it: its first letter is small.
func lower(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// onto adds to a version what the input of a command tells and a record does not.
func (c *Call) onto(f role.Function) role.Function {
	if c.variables == nil {
		return f
	}
	f.Environment, f.Config.Wrapper = role.Have(len(*c.variables) > 0), role.None[string]()
	if wrapper := (*c.variables)[role.WrapperVariable]; wrapper != "" {
		f.Config.Wrapper = role.Have(wrapper)
	}
	return f
}
