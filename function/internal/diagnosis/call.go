package diagnosis

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
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
	// input are the parameters as a record has them, and fits the commands that take them, in the order of inputs.
	input map[string]jsontext.Value
	fits  []string
	// variables is the environment of the input, nil where it has none.
	variables *map[string]string
}

// Refused says that the call is the record of one that was refused.
func (c *Call) Refused() bool { return c.record != nil }

// command says that there is no record, which tells the account of the call.
func (c *Call) command() bool { return c == nil || c.record == nil }

// ReadCall reads a call from a text: a CloudTrail record, bare, in an EventBridge event, in {"Records": [...]} as CloudTrail's
// files have it, or in the output of aws cloudtrail lookup-events; or the input of a command of the AWS CLI, as --cli-input-json
// takes it. Of several records those of one refused call count, the newest of them. An error names the line or the member that is wrong.
func ReadCall(text []byte) (*Call, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(text, &members); err != nil {
		if first := bytes.TrimSpace(text); len(first) > 0 && first[0] != '{' {
			return nil, fmt.Errorf("line %d: it is not a JSON object (YAML is not read: write it as JSON): %w", lineOf(text, err), err)
		}
		return nil, fmt.Errorf("line %d: it is not a JSON object: %w", lineOf(text, err), err)
	}
	if one, ok := members["CloudTrailEvent"]; ok {
		members["Events"] = jsontext.Value(`[{"CloudTrailEvent":` + string(one) + "}]")
	}
	for _, list := range []string{"Records", "Events"} {
		if _, ok := members[list]; ok {
			return readList(list, members[list])
		}
	}
	_, source := members["eventSource"]
	_, detail := members["detail"]
	if source || detail {
		return readRecord(text)
	}
	return readInput(members)
}

// readList reads the one record of a refused call in a list.
func readList(name string, list jsontext.Value) (*Call, error) {
	var records []jsontext.Value
	if err := json.Unmarshal(list, &records); err != nil {
		return nil, fmt.Errorf("%s: it is not a list of records: %w", name, err)
	}
	var found []*Call
	var last error
	for i, one := range records {
		var looked struct{ CloudTrailEvent *string }
		if name == "Events" {
			if err := json.Unmarshal(one, &looked); err != nil || looked.CloudTrailEvent == nil {
				return nil, fmt.Errorf("%s[%d]: it has no CloudTrailEvent, which the output of lookup-events contains", name, i)
			}
			one = jsontext.Value(*looked.CloudTrailEvent)
		}
		c, err := readRecord(one)
		if err != nil {
			last = err
			continue
		}
		found = append(found, c)
	}
	newest := slices.MaxFunc(append(found, nil), func(x, y *Call) int { return cmp.Compare(x.at(), y.at()) })
	switch {
	case newest != nil && !slices.ContainsFunc(found, func(c *Call) bool {
		return c.record.Name != newest.record.Name || c.record.Function != newest.record.Function
	}):
		return newest, nil // Deployment tools repeat a rejected call for minutes.
	case len(found) == 0 && len(records) == 1:
		return nil, last
	case len(found) == 0:
		return nil, fmt.Errorf("%s: none of the %d records is of a rejected call that configures a function with a role", name, len(records))
	}
	var ids []string
	for _, c := range found[:min(len(found), mostNamed)] {
		ids = append(ids, c.record.ID)
	}
	return nil, fmt.Errorf("%s: %d records are of several rejected calls; keep only one of %s", name, len(found), strings.Join(ids, ", "))
}

// at is when the record says that the call was made, in seconds; before all times where there is none.
func (c *Call) at() int64 {
	if c == nil {
		return math.MinInt64
	}
	return c.record.Time.Unix()
}

// mostNamed is how many records an error names.
const mostNamed = 5

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
		return nil, fmt.Errorf("the record is of %s, which does not configure a function with a role", other.Name)
	case err != nil:
		return nil, err
	case record.Event.Configures == events.ConfiguresNothing:
		return nil, fmt.Errorf("the record is of %s, which does not configure a function with a role", record.Event.Name)
	case !record.Failed():
		return nil, fmt.Errorf("the record is of a call that succeeded: %s at %s", record.Event.Name, record.Time.Format(time.RFC3339))
	}
	c := &Call{Message: record.ErrorMessage, record: record}
	c.Function, _ = aws.ParseFunctionName(record.Function.ARN)
	return c, nil
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
