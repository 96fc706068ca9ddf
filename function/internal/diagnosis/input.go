package diagnosis

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// input is a command whose input is read.
type input struct {
	name string
	of   reflect.Type
	// takes are parameters of which one has to be given; empty where the name of the function will do.
	takes []string
}

// inputs are those commands, the one first that is meant where several take the same parameters.
var inputs = []input{
	{"UpdateEventSourceMapping", reflect.TypeFor[lambda.UpdateEventSourceMappingInput](), []string{"UUID"}},
	{"CreateEventSourceMapping", reflect.TypeFor[lambda.CreateEventSourceMappingInput](), []string{"EventSourceArn", "SelfManagedEventSource"}},
	{"UpdateFunctionConfiguration", reflect.TypeFor[lambda.UpdateFunctionConfigurationInput](), nil},
	{"CreateFunction", reflect.TypeFor[lambda.CreateFunctionInput](), nil},
	{"PutFunctionEventInvokeConfig", reflect.TypeFor[lambda.PutFunctionEventInvokeConfigInput](), nil},
}

// errNeither says that a text is nothing that ReadCall reads.
var errNeither = errors.New("it is neither a CloudTrail record (it has no eventSource) nor the input of a Lambda command (it has no FunctionName)")

// readInput reads the input of a command of the AWS CLI. What the command does not take is an error: a parameter that is
// misspelt would be judged as one that is not given.
func readInput(members map[string]jsontext.Value) (*Call, error) {
	if members["AWSTemplateFormatVersion"] != nil || members["Resources"] != nil || members["Properties"] != nil {
		return nil, errors.New("it is an AWS CloudFormation template, which rolewatch does not read; specify the record of the rejected call, or the parameters of the function as the input of a command")
	}
	given := map[string]jsontext.Value{}
	for name, value := range members {
		parameter, ok := parameterOf(name)
		if !ok && !named(members) {
			return nil, errNeither
		} else if !ok {
			return nil, fmt.Errorf("%s: none of %s has this parameter", name, names(inputs))
		}
		if given[parameter] != nil {
			return nil, fmt.Errorf("%s: it occurs more than once", parameter)
		}
		if value.Kind() != 'n' {
			given[parameter] = value
		}
	}
	if given["FunctionName"] == nil && given["UUID"] == nil {
		return nil, errNeither
	}
	fit := slices.DeleteFunc(slices.Clone(inputs), func(one input) bool { return !one.fits(given) })
	if len(fit) == 0 {
		return nil, fmt.Errorf("none of %s has these parameters together: %s", names(inputs), strings.Join(sortedKeys(given), ", "))
	}
	c := &Call{input: map[string]jsontext.Value{}}
	for _, one := range fit {
		c.fits = append(c.fits, one.name)
	}
	for name, value := range given {
		field, _ := fit[0].of.FieldByName(name)
		if err := c.take(name, value, field.Type); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// named reports whether an input names what it is about.
func named(members map[string]jsontext.Value) bool {
	for name := range members {
		if parameter, _ := parameterOf(name); parameter == "FunctionName" || parameter == "UUID" {
			return true
		}
	}
	return false
}

// parameterOf is the parameter of a name, however the language of an SDK writes it.
func parameterOf(name string) (string, bool) {
	for _, one := range inputs {
		if field, ok := member(one.of, name); ok {
			return field.Name, true
		}
	}
	return "", false
}

// member is the member of a structure of the API: SDKs write subnetIds or subnet_ids for SubnetIds.
func member(of reflect.Type, name string) (reflect.StructField, bool) {
	plain := strings.ReplaceAll(name, "_", "")
	return of.FieldByNameFunc(func(field string) bool {
		f, _ := of.FieldByName(field)
		return f.IsExported() && strings.EqualFold(field, plain)
	})
}

func (i input) fits(given map[string]jsontext.Value) bool {
	for name := range given {
		if _, ok := i.of.FieldByName(name); !ok {
			return false
		}
	}
	return len(i.takes) == 0 || slices.ContainsFunc(i.takes, func(name string) bool { return given[name] != nil })
}

func names(of []input) string {
	var out []string
	for _, one := range of {
		out = append(out, one.name)
	}
	return strings.Join(out, ", ")
}

func sortedKeys(of map[string]jsontext.Value) (out []string) {
	for name := range of {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// take takes a parameter of the input.
func (c *Call) take(name string, value jsontext.Value, of reflect.Type) error {
	if name == "Code" || name == "Tags" { // They do not bear on what the function needs of the role, and may be long.
		return nil
	}
	text, err := asRecorded(name, value, of)
	if err != nil {
		return err
	}
	switch name {
	case "Environment":
		var environment struct {
			Variables map[string]string `json:"variables"`
		}
		if err := json.Unmarshal(text, &environment); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c.variables, text = &environment.Variables, jsontext.Value("{}") // A record leaves the variables out.
	case "FunctionName", "Role":
		var given string
		if err := json.Unmarshal(text, &given); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if name == "Role" {
			if given == "" {
				return errors.New("Role: it is empty")
			}
			break
		}
		var ok bool
		if c.Function, ok = aws.ParseFunctionName(given); !ok {
			return fmt.Errorf("FunctionName: %q is not the name of a function", given)
		}
	}
	c.input[words.Lower(name)] = text
	return nil
}

// asRecorded writes a value of the API as a record has it. A value of another type is an error that names where it stands.
func asRecorded(at string, value jsontext.Value, of reflect.Type) (jsontext.Value, error) {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	want, ok := wants[of.Kind()]
	switch {
	case value.Kind() == 'n':
		return value, nil
	case of == reflect.TypeFor[time.Time](), of == reflect.TypeFor[[]byte](), !ok:
		return value, nil
	case !strings.ContainsRune(want.kinds, rune(value.Kind())):
		return nil, fmt.Errorf("%s: it is not %s", at, want.is)
	}
	switch of.Kind() {
	case reflect.Struct, reflect.Map:
		return membersRecorded(at, value, of)
	case reflect.Slice:
		var list []jsontext.Value
		if err := json.Unmarshal(value, &list); err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		for i := range list {
			var err error
			if list[i], err = asRecorded(fmt.Sprintf("%s[%d]", at, i), list[i], of.Elem()); err != nil {
				return nil, err
			}
		}
		return json.Marshal(list)
	}
	return value, nil
}

// wants are the kinds of JSON values for the kinds of the API's types, as jsontext names them.
var wants = map[reflect.Kind]struct{ kinds, is string }{
	reflect.Struct: {"{", "an object"}, reflect.Map: {"{", "an object"}, reflect.Slice: {"[", "a list"}, reflect.String: {`"`, "a string"},
	reflect.Bool: {"tf", "true or false"}, reflect.Int32: {"0", "a number"}, reflect.Int64: {"0", "a number"}, reflect.Float64: {"0", "a number"},
}

// membersRecorded writes an object as a record has it: the first letters of a structure's members are small, and the names of a
// map stay as they are.
func membersRecorded(at string, value jsontext.Value, of reflect.Type) (jsontext.Value, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(value, &members); err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	out := make(map[string]jsontext.Value, len(members))
	for name, one := range members {
		as, inner := name, of
		if of.Kind() == reflect.Map {
			inner = of.Elem()
		} else {
			field, ok := member(of, name)
			if !ok {
				return nil, fmt.Errorf("%s.%s: Lambda does not have this parameter", at, name)
			}
			as, inner = words.Lower(field.Name), field.Type
		}
		text, err := asRecorded(at+"."+name, one, inner)
		if err != nil {
			return nil, err
		}
		if out[as] != nil {
			return nil, fmt.Errorf("%s.%s: it occurs more than once", at, name)
		}
		out[as] = text
	}
	return json.Marshal(out, json.Deterministic(true))
}
