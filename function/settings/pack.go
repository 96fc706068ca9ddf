package settings

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
)

const (
	// RulesFile is the file beside the function's binary that holds rules which are too long for a variable.
	RulesFile = "rules.json"
	// inVariable is up to how many bytes the rules stand in their variable. Lambda has room for 4096 in all variables together:
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	inVariable = 1024
	// inFile bounds what the file may hold, which the function reads at each start.
	inFile = 1 << 20
	// fileMark is what the variable holds where the rules are in the file.
	fileMark = "@" + RulesFile
)

// text gives the rules as a JSON object; nothing for no rules.
func (r Rules) text() string {
	if reflect.ValueOf(r).IsZero() {
		return ""
	}
	text, err := json.Marshal(r, json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("settings: rules that were read do not marshal: %v", err))
	}
	return string(text)
}

// pack gives the text of the rules' variable.
func (r Rules) pack() string {
	text, inFile := r.File()
	if inFile {
		return fileMark
	}
	return string(text)
}

// File is what RulesFile has to hold; false where the variable holds the rules. Where there are routes, another variable names their topics,
// and leaves no room for rules.
func (r Rules) File() ([]byte, bool) {
	text := r.text()
	return []byte(text), len(text) > inVariable || len(r.Routes) > 0
}

// unpack reads what pack writes, or the file that it points to. The error joins everything that is wrong, each with its key
// and value.
func unpack(value string, readFile func(name string) ([]byte, error), known Catalogue) (Rules, error) {
	if value == "" {
		return Rules{}, nil
	}
	text := []byte(value)
	if name, ok := strings.CutPrefix(value, "@"); ok {
		if name != RulesFile {
			return Rules{}, fmt.Errorf("%s %q: it names another file than %s", variableRules, value, RulesFile)
		}
		var err error
		if text, err = readFile(name); err != nil {
			return Rules{}, fmt.Errorf("%s %q: %w", variableRules, value, err)
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

// fits notes rules that are too long for the file.
func (r *reader) fits(s Stack) {
	if n := len(s.Rules.text()); n > inFile {
		r.errs = append(r.errs, errors.New(contextKey+": the settings of the checks ("+strings.Join(ruleKeys, ", ")+
			fmt.Sprintf(") take %d bytes, and %d is the limit", n, inFile)))
	}
}
