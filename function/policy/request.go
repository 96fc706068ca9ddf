package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Validate says what is wrong with a request; nil is nothing. Evaluate answers any request, but what it says of one that
// cannot be made, such as one for an action without a service, is of no use. The forms are those of "ActionNames" and
// "ResourceArns" of SimulateCustomPolicy in the IAM API Reference, and of "AWS JSON policy elements: Principal" in the IAM
// User Guide. What a service calls its resources is not looked at: the key of an S3 object, for one, may be any text.
func (r Request) Validate() error {
	if err := checkCaller(r.Principal); err != nil {
		return fmt.Errorf("check principal: %w", err)
	}
	if err := checkRequestedAction(r.Action); err != nil {
		return fmt.Errorf("check action: %w", err)
	}
	if r.Resource != "*" {
		if err := checkRequestedARN(r.Resource, `an ARN or "*"`); err != nil {
			return fmt.Errorf("check resource: %w", err)
		}
	}
	if err := r.checkFederatedBy(); err != nil {
		return fmt.Errorf("check federated by: %w", err)
	}
	if r.ResourceAccount != "" && !aws.IsAccountID(r.ResourceAccount) {
		return fmt.Errorf("check resource account: %s is not an account ID, which has 12 digits", quoted(r.ResourceAccount))
	}
	if err := r.Context.validate(); err != nil {
		return fmt.Errorf("check context: %w", err)
	}
	return nil
}

// checkText rejects an empty text and one that is not in UTF-8.
func checkText(text, want string) error {
	switch {
	case text == "":
		return fmt.Errorf("it is empty; it must be %s", want)
	case !utf8.ValidString(text):
		return fmt.Errorf("%s is not in UTF-8", quoted(text))
	}
	return nil
}

// checkCaller takes the principals that a request can come from, and a canonical user ID, which stands for an account.
// Nothing in IAM has a control character in its name, and no service a space.
func checkCaller(text string) error {
	const want = `an ARN, an account ID, a service ("lambda.amazonaws.com") or "*"`
	if err := checkText(text, want); err != nil {
		return err
	}
	switch {
	case text == "*" || aws.IsAccountID(text) || isCanonicalUser(text):
		return nil
	case strings.ContainsFunc(text, unicode.IsControl):
		return fmt.Errorf("%s contains a control character", quoted(text))
	case strings.HasPrefix(text, "arn:"):
		return checkRequestedARN(text, want)
	case parseCaller(text).kind != callerService && !aws.IsBuiltInProvider(text) || strings.ContainsFunc(text, unicode.IsSpace):
		return fmt.Errorf("%s is not %s", quoted(text), want)
	}
	return nil
}

// checkFederatedBy takes a user of the principal's account: only IAM users and the root user call GetFederationToken, and
// the root user is not bound by policies.
func (r *Request) checkFederatedBy() error {
	if r.FederatedBy == "" {
		return nil
	}
	session, user := parseCaller(r.Principal), parseCaller(r.FederatedBy)
	switch {
	case session.kind != callerFederatedUser:
		return fmt.Errorf("the principal %s is not the session of a federated user", quoted(r.Principal))
	case user.kind != callerUser:
		return fmt.Errorf("%s is not the ARN of an IAM user", quoted(r.FederatedBy))
	case user.account != session.account || user.partition != session.partition:
		return fmt.Errorf("the user %s is not in the principal's account, %s", quoted(r.FederatedBy), session.account)
	}
	return checkCaller(r.FederatedBy)
}

func isCanonicalUser(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdefABCDEF") == ""
}

func checkRequestedAction(text string) error {
	const want = `"service:Name"`
	if err := checkText(text, want); err != nil {
		return err
	}
	service, name, _ := strings.Cut(text, ":")
	switch {
	case service == "" || name == "":
		return fmt.Errorf("%s is not %s", quoted(text), want)
	case strings.ContainsAny(text, "*?"):
		return fmt.Errorf("%s has a wildcard; a request is for one action", quoted(text))
	case strings.Contains(name, ":") || strings.ContainsFunc(text, isNoGlyph):
		return fmt.Errorf("%s is not one action, %s", quoted(text), want)
	}
	return nil
}

func isNoGlyph(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

func checkRequestedARN(text, want string) error {
	if err := checkText(text, want); err != nil {
		return err
	}
	a, complete := splitARN(text)
	switch {
	case !strings.HasPrefix(text, "arn:"):
		return fmt.Errorf("%s is not %s", quoted(text), want)
	case !complete:
		return fmt.Errorf("the ARN %s has fewer than six segments, arn:partition:service:region:account:resource", quoted(text))
	}
	for _, segment := range []struct {
		index int
		name  string
	}{{arnPartition, "partition"}, {arnService, "service"}, {arnResource, "resource"}} {
		if a[segment.index] == "" {
			return fmt.Errorf("the ARN %s has no %s", quoted(text), segment.name)
		}
	}
	return nil
}

func (c *Context) validate() error {
	if err := c.checkSpellings(); err != nil {
		return err
	}
	for key, v := range c.Keys {
		if err := checkContextKey(key); err != nil {
			return err
		}
		if err := v.validate(); err != nil {
			return fmt.Errorf("key %s: %w", quoted(key), err)
		}
	}
	for _, prefix := range c.AbsentPrefixes {
		if err := checkContextKey(prefix); err != nil {
			return fmt.Errorf("absent prefix: %w", err)
		}
	}
	return nil
}

// checkSpellings refuses two keys that differ only by case: they are one key with two values (rule 28).
func (c *Context) checkSpellings() error {
	spellings := make(map[string]string, len(c.Keys))
	for _, key := range slices.Sorted(maps.Keys(c.Keys)) {
		lower := strings.ToLower(key)
		if other, ok := spellings[lower]; ok {
			return fmt.Errorf("keys %s and %s differ only in case", quoted(other), quoted(key))
		}
		spellings[lower] = key
	}
	return nil
}

func checkContextKey(key string) error {
	if err := checkText(key, "a condition key"); err != nil {
		return fmt.Errorf("key %s: %w", quoted(key), err)
	}
	return nil
}

// validate holds the values against what the presence says of them. A value may be any text.
func (v ContextValue) validate() error {
	for _, text := range v.Values {
		if !utf8.ValidString(text) {
			return fmt.Errorf("value %s is not in UTF-8", quoted(text))
		}
	}
	n := len(v.Values)
	switch v.Presence {
	case KeyPresent:
	case KeyAbsent, KeyUnknown:
		if n > 0 {
			return fmt.Errorf("it has %d values, but is absent or unknown", n)
		}
	case KeyOneOf:
		if n == 0 {
			return errors.New("it is one of a list of values, but the list is empty")
		}
	case KeyPrefixed:
		if n != 1 {
			return fmt.Errorf("it has %d prefixes, want 1", n)
		}
	case KeyQualified:
		if n != 2 || v.Values[1] != v.Values[0]+":" {
			return errors.New("its values must be a text and the same text with a colon")
		}
	default:
		return fmt.Errorf("there is no presence %d", int(v.Presence))
	}
	return nil
}
