package settings

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// environmentLimit is Lambda's for all variables together, which it measures as a JSON object:
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	environmentLimit = 4096
	// readable is up to how many bytes the rules stand in their variable as they are; longer ones are compressed.
	readable = 1024
	// unpackedLimit bounds what a compressed variable may hold.
	unpackedLimit = 1 << 20
)

// pack gives the rules as the text of a variable: JSON or, where that is long, its deflated form in base64; nothing for
// no rules.
func (r Rules) pack() string {
	if reflect.ValueOf(r).IsZero() {
		return ""
	}
	text, err := json.Marshal(r, json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("settings: rules that were read do not marshal: %v", err))
	}
	if len(text) <= readable {
		return string(text)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err) // The level is one that there is.
	}
	if _, err := w.Write(text); err != nil {
		panic(err) // A buffer takes everything.
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// unpack reads what pack writes. The error joins everything that is wrong, each with its key and value.
func unpack(value string, known Catalogue) (Rules, error) {
	if value == "" {
		return Rules{}, nil
	}
	text := []byte(value)
	if !strings.HasPrefix(value, "{") {
		packed, err := base64.StdEncoding.DecodeString(value)
		if err == nil {
			text, err = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), unpackedLimit))
		}
		if err != nil {
			return Rules{}, fmt.Errorf("%s %q: it is neither a JSON object nor a packed one: %w", variableRules, value, err)
		}
	}
	if err := isObject(text); err != nil {
		return Rules{}, fmt.Errorf("%s %q: %w", variableRules, value, err)
	}
	var rules Rules
	r := reader{known: known, prefix: variableRules + " "}
	for _, m := range r.object("", text) {
		if !r.rules(m, &rules) {
			r.stranger(m, ruleKeys...)
		}
	}
	if err := r.err(); err != nil {
		return Rules{}, err
	}
	return rules, nil
}

// size is how many bytes a function's environment takes of Lambda's limit.
func size(env map[string]string) int {
	text, err := json.Marshal(env, jsontext.EscapeForHTML(false))
	if err != nil {
		panic(fmt.Sprintf("settings: an environment does not marshal: %v", err))
	}
	return len(text)
}

// fits notes settings that are too long for the function's environment. What CloudFormation names later is taken to be
// as long as it may be.
func (r *reader) fits(s Stack) {
	env := s.named().Environment()
	if taken := size(env); taken > environmentLimit {
		r.errs = append(r.errs, fmt.Errorf("%s: with these settings the function's environment takes up to %d bytes, and Lambda has room for %d: "+
			"what is set of the checks takes %d of them (%s), compressed; shorten it by %d",
			contextKey, taken, environmentLimit, len(env[variableRules]), strings.Join(ruleKeys, ", "), taken-environmentLimit))
	}
}

// named gives the function's settings with names in them that are as long as they may be.
func (s Stack) named() Function {
	const account = "111122223333"
	queue := "https://sqs." + s.Home + ".amazonaws.com.cn/" + account + "/" + strings.Repeat("q", 80)
	topic := "arn:aws-us-gov:sns:" + s.Home + ":" + account + ":" + strings.Repeat("t", 80)
	return Function{
		Table: strings.Repeat("t", 80), QueueURL: queue, DeadLetterURL: queue, FindingsTopic: topic, ChatTopic: topic, OperationsTopic: topic,
		Settle: s.Settle, Regions: s.Regions, Rules: s.Rules,
	}
}
