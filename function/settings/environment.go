package settings

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
)

// The variables of the function's environment.
const (
	variableTable           = "ROLEWATCH_TABLE"
	variableQueueURL        = "ROLEWATCH_QUEUE_URL"
	variableDeadLetterURL   = "ROLEWATCH_DEAD_LETTER_URL"
	variableFindingsTopic   = "ROLEWATCH_FINDINGS_TOPIC"
	variableChatTopic       = "ROLEWATCH_CHAT_TOPIC"
	variableOperationsTopic = "ROLEWATCH_OPERATIONS_TOPIC"
	variableSettle          = "ROLEWATCH_SETTLE"
	variableRegions         = "ROLEWATCH_REGIONS"
	variableChecks          = "ROLEWATCH_CHECKS"
)

// FromEnvironment reads the function's settings. Known are the IDs of the checks there are. The error joins everything
// that is wrong, each with its variable and value.
func FromEnvironment(getenv func(string) string, known []string) (Function, error) {
	var f Function
	var errs []error
	wrong := func(name, value string, err error) {
		errs = append(errs, fmt.Errorf("%s %q: %w", name, value, err))
	}
	required := func(name string) string {
		value := getenv(name)
		if value == "" {
			wrong(name, value, errors.New("it must be set"))
		}
		return value
	}
	f.Table = required(variableTable)
	f.QueueURL = required(variableQueueURL)
	f.DeadLetterURL = required(variableDeadLetterURL)
	f.FindingsTopic = required(variableFindingsTopic)
	f.ChatTopic = getenv(variableChatTopic)
	f.OperationsTopic = required(variableOperationsTopic)
	if value := required(variableSettle); value != "" {
		var err error
		if f.Settle, err = parseSettle(value); err != nil {
			wrong(variableSettle, value, err)
		}
	}
	if value := required(variableRegions); value != "" {
		f.Regions = strings.Split(value, ",")
		if err := checkRegions(f.Regions); err != nil {
			wrong(variableRegions, value, err)
		}
	}
	if value := getenv(variableChecks); value != "" {
		if err := json.Unmarshal([]byte(value), &f.Checks, json.RejectUnknownMembers(true)); err != nil {
			wrong(variableChecks, value, err)
		}
		for _, err := range checkChecks(f.Checks, known) {
			wrong(variableChecks, value, err)
		}
	}
	if len(errs) > 0 {
		return Function{}, errors.Join(errs...)
	}
	return f, nil
}

// Environment gives the variables that FromEnvironment reads these settings from.
func (f Function) Environment() map[string]string {
	env := map[string]string{
		variableTable:           f.Table,
		variableQueueURL:        f.QueueURL,
		variableDeadLetterURL:   f.DeadLetterURL,
		variableFindingsTopic:   f.FindingsTopic,
		variableOperationsTopic: f.OperationsTopic,
		variableSettle:          f.Settle.String(),
		variableRegions:         strings.Join(f.Regions, ","),
	}
	if f.ChatTopic != "" {
		env[variableChatTopic] = f.ChatTopic
	}
	if len(f.Checks) > 0 {
		text, err := json.Marshal(f.Checks, json.Deterministic(true))
		if err != nil {
			panic(fmt.Sprintf("settings: a map of plain values does not marshal: %v", err))
		}
		env[variableChecks] = string(text)
	}
	return env
}
