package settings

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
)

// retentionDays are the values that CloudWatch Logs takes:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentionDays = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

var architectures = []string{"arm64", "x86_64"}

var email = regexp.MustCompile(`^[^\s@]+@[^\s@]+$`)

// contextKey is the key of the CDK context.
const contextKey = "rolewatch"

// stackKeys are the keys of Stack that are not those of Rules.
var stackKeys = func() []string {
	keys := []string{"ackPrincipals", "architecture", "canary", "dashboard", "digest", "docsUrl", "emails", "home", "key", "logKey", "logRetentionDays", "regions", "settle", "table", "tableKey"}
	for _, c := range channels {
		keys = append(keys, c.key)
	}
	slices.Sort(keys)
	return keys
}()

// FromContext reads the value of the CDK context's key "rolewatch", a JSON object; no text is an empty object. Known
// are the checks there are. The error joins everything that is wrong, each with its key and value.
func FromContext(text []byte, known Catalogue) (Stack, error) {
	if len(text) == 0 {
		text = []byte("{}")
	}
	if err := isObject(text); err != nil {
		return Stack{}, fmt.Errorf("%s %s: %w", contextKey, text, err)
	}
	r := reader{known: known, prefix: contextKey + "."}
	s := r.stack(text)
	if len(r.errs) == 0 {
		r.fits(s)
		r.hubDeploys(s)
	}
	if err := r.err(); err != nil {
		return Stack{}, err
	}
	return s, nil
}

// FromFile reads the checks' settings from a file for the command line: the object that the CDK context has under
// "rolewatch", or the whole cdk.json. What it has for the deployment is held to its form, and not used. The error joins
// everything that is wrong, each with its key and value.
func FromFile(text []byte, known Catalogue) (Rules, error) {
	s, err := StackFromFile(text, known)
	return s.Rules, err
}

// StackFromFile is FromFile with what the file has for the deployment.
func StackFromFile(text []byte, known Catalogue) (Stack, error) {
	if err := isObject(text); err != nil {
		return Stack{}, err
	}
	r, value := reader{known: known}, jsontext.Value(text)
	var file struct {
		Context map[string]jsontext.Value `json:"context"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return Stack{}, fmt.Errorf("context: %w", err)
	}
	if file.Context != nil {
		var ok bool
		if value, ok = file.Context[contextKey]; !ok {
			return Stack{}, fmt.Errorf("context: it has no %q", contextKey)
		}
		r.prefix = "context." + contextKey + "."
	}
	s := r.stack(value)
	if err := r.err(); err != nil {
		return Stack{}, err
	}
	return s, nil
}

func isObject(text []byte) error {
	var fields map[string]jsontext.Value
	if err := json.Unmarshal(text, &fields); err != nil {
		return fmt.Errorf("it must be a JSON object: %w", err)
	}
	if fields == nil {
		return errors.New("it must be a JSON object")
	}
	return nil
}

// stack takes an object's members.
func (r *reader) stack(text jsontext.Value) Stack {
	s := Stack{Home: "us-east-1", Settle: time.Minute, LogRetentionDays: 30, Architecture: "arm64", Key: true}
	for _, m := range r.object("", text) {
		switch {
		case r.rules(m, &s.Rules):
		case slices.Contains(stackKeys, m.key):
			if err := s.set(m.key, m.value); err != nil {
				r.wrong(m.path, m.value, "%w", err)
			}
		default:
			r.stranger(m, slices.Concat(stackKeys, ruleKeys)...)
		}
	}
	if s.Regions == nil {
		s.Regions = []string{s.Home}
	}
	r.routesFit(s)
	if len(r.errs) == 0 && aws.PartitionOfRegion(s.Home) != aws.PartitionOfRegion(s.Regions[0]) {
		r.wrong("home", jsontext.Value(fmt.Sprintf("%q", s.Home)), "it is not in the partition of %q", s.Regions[0])
	}
	return s
}

// set takes the value of one key of the deployment.
func (s *Stack) set(key string, value jsontext.Value) error {
	var err error
	switch key {
	case "home":
		err = read(value, &s.Home)
		if err == nil && !aws.IsRegion(s.Home) {
			err = errors.New("it is not a Region")
		}
	case "regions":
		err = read(value, &s.Regions)
		if err == nil {
			err = checkRegions(s.Regions)
		}
	case "ackPrincipals":
		err = s.setAckPrincipals(value)
	case "emails":
		err = s.setEmails(value)
	case "canary", "digest", "docsUrl", "settle":
		var text string
		err = read(value, &text)
		if err == nil {
			err = s.setText(key, text)
		}
	case "table":
		err = read(value, &s.Table)
		if err == nil {
			err = checkTable(s.Table)
		}
	case "logRetentionDays":
		err = read(value, &s.LogRetentionDays)
		if err == nil && !slices.Contains(retentionDays, s.LogRetentionDays) {
			err = fmt.Errorf("CloudWatch Logs takes %s", strings.Trim(fmt.Sprint(retentionDays), "[]"))
		}
	case "architecture":
		err = read(value, &s.Architecture)
		if err == nil && !slices.Contains(architectures, s.Architecture) {
			err = errors.New("it must be arm64 or x86_64")
		}
	case "key":
		err = read(value, &s.Key)
	case "tableKey":
		s.TableKey, err = readKey(value, s.Home)
	case "logKey":
		s.LogKey, err = readKey(value, s.Home)
	case "dashboard":
		err = read(value, &s.Dashboard)
	default:
		err = s.setChannel(key, value)
	}
	return err
}

// setText takes the value of a key that has a form of its own.
func (s *Stack) setText(key, text string) (err error) {
	switch key {
	case "canary":
		s.Canary, err = parseCanary(text)
	case "digest":
		s.Digest, err = parseDigest(text)
	case "docsUrl":
		s.DocsURL, err = text, checkDocs(text)
	case "settle":
		s.Settle, err = parseSettle(text)
	}
	return err
}

// tableName is what DynamoDB takes as the name of a table:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)

// checkTable says what is wrong with the name of a table, or nil.
func checkTable(name string) error {
	if arn, err := aws.ParseARN(name); err == nil && arn.Service == "dynamodb" {
		return fmt.Errorf("it is an ARN: give only the name of the table, %q", strings.TrimPrefix(arn.Resource, "table/"))
	}
	if !tableName.MatchString(name) {
		return errors.New("it is not the name of a table: a name has 3 to 255 letters of ASCII, digits, underscores, hyphens and periods")
	}
	return nil
}

func (s *Stack) setEmails(value jsontext.Value) error {
	if err := read(value, &s.Emails); err != nil {
		return err
	}
	for i, e := range s.Emails {
		if !email.MatchString(e) {
			return fmt.Errorf("%q is not an e-mail address", e)
		}
		if slices.Contains(s.Emails[:i], e) {
			return fmt.Errorf("%q is named twice", e)
		}
	}
	return nil
}

// read takes a value of the wanted type only.
func read(value jsontext.Value, into any) error {
	return json.Unmarshal(value, into, json.RejectUnknownMembers(true))
}
