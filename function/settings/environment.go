package settings

import (
	"errors"
	"fmt"
	"strings"
)

// The variables of the function's environment.
const (
	variableTable           = "ROLEWATCH_TABLE"
	variableQueueURL        = "ROLEWATCH_QUEUE_URL"
	variableRecordsQueueURL = "ROLEWATCH_RECORDS_QUEUE_URL"
	variableDeadLetterURL   = "ROLEWATCH_DEAD_LETTER_URL"
	variableFindingsTopic   = "ROLEWATCH_FINDINGS_TOPIC"
	variableOperationsTopic = "ROLEWATCH_OPERATIONS_TOPIC"
	variableSettle          = "ROLEWATCH_SETTLE"
	variableRegions         = "ROLEWATCH_REGIONS"
	variableRules           = "ROLEWATCH_RULES"
)

// FromEnvironment reads the function's settings from its variables, and from RulesFile where they point to it. Known are the
// checks there are. The error joins everything that is wrong, each with its variable and value.
func FromEnvironment(getenv func(string) string, readFile func(name string) ([]byte, error), known Catalogue) (Function, error) {
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
	f.RecordsQueueURL = getenv(variableRecordsQueueURL)
	f.DeadLetterURL = required(variableDeadLetterURL)
	f.FindingsTopic = required(variableFindingsTopic)
	for _, c := range Channels() {
		if topic := getenv(channelVariable(c)); topic != "" {
			if f.ChannelTopics == nil {
				f.ChannelTopics = map[string]string{}
			}
			f.ChannelTopics[c.Name] = topic
		}
	}
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
	f.readCanary(getenv, wrong)
	f.readDigest(getenv, wrong)
	f.readDocs(getenv, wrong)
	f.AckCritical = readAckCritical(getenv, wrong)
	var err error
	if f.Rules, err = unpack(getenv(variableRules), readFile, known); err != nil {
		errs = append(errs, err)
	}
	f.readPlaces(getenv, wrong)
	if len(errs) > 0 {
		return Function{}, errors.Join(errs...)
	}
	return f, nil
}

// Environment gives the variables that FromEnvironment reads these settings from; what does not fit there is in File.
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
	if f.RecordsQueueURL != "" {
		env[variableRecordsQueueURL] = f.RecordsQueueURL
	}
	for _, c := range Channels() {
		if topic := f.ChannelTopics[c.Name]; topic != "" {
			env[channelVariable(c)] = topic
		}
	}
	if value := f.canaryVariable(); value != "" {
		env[variableCanary] = value
	}
	if f.Digest.Daily {
		env[variableDigest] = f.Digest.String()
	}
	if f.DocsURL != "" {
		env[variableDocs] = f.DocsURL
	}
	if f.AckCritical {
		env[variableAckCritical] = allowed
	}
	if places := f.placesVariable(); places != "" {
		env[variablePlaces] = places
	}
	if rules := f.pack(); rules != "" {
		env[variableRules] = rules
	}
	return env
}

// split takes a list apart that has commas between its parts; an empty text has none.
func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// IsHub says that the variables are those of a function that is the hub of an organization.
func IsHub(getenv func(string) string) bool { return getenv(variableRecordsQueueURL) != "" }

// Deployed gives the name of the table and the watched Regions of a deployed function by its variables, be the rest right or not.
func Deployed(getenv func(string) string) (table string, regions []string) {
	regions = split(getenv(variableRegions))
	if checkRegions(regions) != nil {
		regions = nil
	}
	return getenv(variableTable), regions
}
