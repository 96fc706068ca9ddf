package settings

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
)

// The variables of the command function's environment, next to that of the table.
const (
	variableCommand     = "ROLEWATCH_COMMAND"
	variableAccount     = "ROLEWATCH_ACCOUNT"
	variableAckCritical = "ROLEWATCH_ACK_CRITICAL"
	variableHub         = "ROLEWATCH_HUB"
	// allowed is the value of what is allowed; without the variable it is not.
	allowed = "allowed"
)

// The values of the variable that says for whom a command function is.
const (
	forChat       = "chat"
	forPrincipals = "principals"
)

// Command is what the command function must know.
type Command struct {
	Table, Account string
	// Chat says that it is the one for the Slack channel.
	Chat        bool
	AckCritical bool
	// Hub says that the table is that of a hub, which has the findings of several accounts.
	Hub bool
}

// IsCommand says that the binary is deployed as the command function.
func IsCommand(getenv func(string) string) bool { return getenv(variableCommand) != "" }

// CommandFromEnvironment reads the command function's settings from its variables. The error joins everything that is wrong.
func CommandFromEnvironment(getenv func(string) string) (Command, error) {
	var errs []error
	wrong := func(name, value string, err error) {
		errs = append(errs, fmt.Errorf("%s %q: %w", name, value, err))
	}
	c := Command{Table: getenv(variableTable), Account: getenv(variableAccount), Chat: getenv(variableCommand) == forChat, AckCritical: readAckCritical(getenv, wrong), Hub: readAllowed(getenv, variableHub, wrong)}
	if c.Table == "" {
		wrong(variableTable, "", errors.New("it must be set"))
	}
	if !aws.IsAccountID(c.Account) {
		wrong(variableAccount, c.Account, errors.New("it is not the ID of an account"))
	}
	if value := getenv(variableCommand); value != forChat && value != forPrincipals {
		wrong(variableCommand, value, fmt.Errorf("it must be %s or %s", forChat, forPrincipals))
	}
	return c, errors.Join(errs...)
}

// Environment gives the variables that CommandFromEnvironment reads these settings from.
func (c Command) Environment() map[string]string {
	env := map[string]string{variableTable: c.Table, variableAccount: c.Account, variableCommand: forPrincipals}
	if c.Chat {
		env[variableCommand] = forChat
	}
	if c.AckCritical {
		env[variableAckCritical] = allowed
	}
	if c.Hub {
		env[variableHub] = allowed
	}
	return env
}

func readAckCritical(getenv func(string) string, wrong func(name, value string, err error)) bool {
	return readAllowed(getenv, variableAckCritical, wrong)
}

// readAllowed reads a variable that is set to allowed, or not at all.
func readAllowed(getenv func(string) string, variable string, wrong func(name, value string, err error)) bool {
	value := getenv(variable)
	if value != "" && value != allowed {
		wrong(variable, value, errors.New("it must be "+allowed+" or not set"))
	}
	return value == allowed
}

// ackPrincipal is the resource of a role or a user, or a pattern of some.
var ackPrincipal = regexp.MustCompile(`^(?:role|user)/(?:[\w+=,.@*?/-]*/)?([\w+=,.@*?-]+)$`)

// beginsSSO begins the names of the roles of IAM Identity Center, whoever they are for.
const beginsSSO = "AWSReservedSSO_"

// namesPrincipal reports whether a text is the ARN of a role or user, or a pattern whose names begin with four characters at least: one of
// any role, or of every role of IAM Identity Center, names nobody.
func namesPrincipal(text string) bool {
	p, err := aws.ParseARN(text)
	if err != nil || !strings.HasPrefix(p.Partition, "aws") || strings.ContainsAny(p.Partition, "*?") || p.Service != "iam" || p.Region != "" || !aws.IsAccountID(p.Account) {
		return false
	}
	m := ackPrincipal.FindStringSubmatch(p.Resource)
	if m == nil || !strings.ContainsAny(p.Resource, "*?") {
		return m != nil
	}
	wildcard := strings.IndexAny(m[1], "*?")
	return wildcard < 0 || wildcard >= 4 && len(strings.TrimPrefix(m[1][:wildcard], beginsSSO)) >= 4
}

// mostPrincipals keeps the resource policy of the command function within the 20 KB that Lambda takes.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const mostPrincipals = 50

func (s *Stack) setAckPrincipals(value jsontext.Value) error {
	if err := read(value, &s.AckPrincipals); err != nil {
		return err
	}
	if len(s.AckPrincipals) > mostPrincipals {
		return fmt.Errorf("it names %d principals, and %d are allowed", len(s.AckPrincipals), mostPrincipals)
	}
	for i, p := range s.AckPrincipals {
		switch {
		case strings.Contains(p, "assumed-role/"):
			return fmt.Errorf("%q is a session: name the role, arn:aws:iam::ACCOUNT:role/NAME", p)
		case !namesPrincipal(p):
			return fmt.Errorf("%q is not the ARN of a role or user such as arn:aws:iam::111122223333:role/security, or a pattern with * and ? whose name begins with four other characters, after AWSReservedSSO_ where it begins so", p)
		case slices.Contains(s.AckPrincipals[:i], p):
			return fmt.Errorf("%q is named twice", p)
		}
	}
	return nil
}

// AckCritical says that a critical finding may be acknowledged.
func (s Stack) AckCritical() bool { return s.Slack != nil && s.Slack.AckCritical }
