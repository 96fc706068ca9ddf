package diagnosis_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/internal/diagnosis"
)

// sample is a value of a type of the API, with the names as an SDK writes them.
func sample(of reflect.Type, name func(string) string) any {
	switch {
	case of == reflect.TypeFor[time.Time]():
		return "2026-03-02T09:00:00Z"
	case of == reflect.TypeFor[[]byte]():
		return "AA=="
	}
	switch of.Kind() {
	case reflect.Pointer:
		return sample(of.Elem(), name)
	case reflect.Struct:
		out := map[string]any{}
		for i := range of.NumField() {
			if f := of.Field(i); f.IsExported() {
				out[name(f.Name)] = sample(f.Type, name)
			}
		}
		return out
	case reflect.Map:
		return map[string]any{"KEY_of": sample(of.Elem(), name)}
	case reflect.Slice:
		return []any{sample(of.Elem(), name)}
	case reflect.Bool:
		return true
	case reflect.String:
		return "x"
	}
	return 1
}

func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(rune(name[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// TestEveryParameterIsTaken gives each command each of its parameters, as the SDKs write them, and then one that it does not have.
func TestEveryParameterIsTaken(t *testing.T) {
	inputs := map[reflect.Type]map[string]any{
		reflect.TypeFor[lambda.CreateFunctionInput]():               nil,
		reflect.TypeFor[lambda.UpdateFunctionConfigurationInput]():  nil,
		reflect.TypeFor[lambda.CreateEventSourceMappingInput]():     {"EventSourceArn": "arn:aws:sqs:us-east-1:111122223333:orders"},
		reflect.TypeFor[lambda.UpdateEventSourceMappingInput]():     {"UUID": "u-1"},
		reflect.TypeFor[lambda.PutFunctionEventInvokeConfigInput](): nil,
	}
	taken := 0
	for of, needed := range inputs {
		for i := range of.NumField() {
			field := of.Field(i)
			if !field.IsExported() {
				continue
			}
			for _, name := range []func(string) string{func(s string) string { return s }, func(s string) string { return strings.ToLower(s[:1]) + s[1:] }, snake} {
				members := map[string]any{name("FunctionName"): "checkout"}
				for k, v := range needed {
					members[name(k)] = v
				}
				members[name(field.Name)] = sample(field.Type, name)
				text, err := json.Marshal(members)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := diagnosis.ReadCall(text); err != nil {
					t.Errorf("%s: %s: %v", of.Name(), text, err)
				}
				members[name("VpcConfigs")] = "x"
				text, _ = json.Marshal(members)
				if _, err := diagnosis.ReadCall(text); err == nil || !strings.Contains(err.Error(), name("VpcConfigs")) {
					t.Errorf("%s is taken: %v", text, err)
				}
				taken++
			}
		}
	}
	if taken < 150 {
		t.Errorf("%d parameters were given", taken)
	}
}
