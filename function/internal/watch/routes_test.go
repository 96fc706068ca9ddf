package watch_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/routing"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// The places of the routes: a channel of chat for team pay, and addresses for team shop.
const (
	payPlace  = "chat-CPAY"
	shopPlace = "mail-shop"
)

// routedLab is a lab with the two routes, whose roles pay and shop have had their tags for two days; plain has none. RW303 is medium, and
// high where it writes; RW501 is low, RW301 critical.
func routedLab(t *testing.T, edit ...func(*watch.Config)) *lab {
	l := newLab(t)
	l.config.Rules = inforce.New(graded, inforce.Rules{})
	l.config.Owning = reconcile.Owning{Keys: []string{"team"}}
	l.config.Routing = routing.Rules{Always: []string{"RW314"}, Routes: []routing.Route{
		{Name: "pay", Match: routing.Match{Tags: map[string][]string{"team": {"pay"}}}, Places: []string{payPlace}},
		{Name: "shop", Match: routing.Match{Tags: map[string][]string{"team": {"shop"}}, Severities: []check.Severity{check.Medium, check.High, check.Critical}}, Places: []string{shopPlace}},
	}}
	l.config.Places = map[string]*message.Channel{payPlace: &message.Chat, shopPlace: nil}
	for _, e := range edit {
		e(&l.config)
	}
	l.watch = l.another()
	for _, name := range []string{"pay", "shop", "plain"} {
		if l.role(name, goodTrust); name != "plain" {
			l.cloud.roles[name].tags = map[string]string{"team": name}
		}
	}
	l.swept()
	l.pass(48 * time.Hour)
	l.messages, l.outgoing, l.chats, l.notices = nil, nil, nil, nil
	return l
}

var (
	mailHeading = regexp.MustCompile(`(?m)^(OPENED|CHANGED|RESOLVED)$`)
	mailFinding = regexp.MustCompile(`(?m)^  Check +(RW\d+).*\n(?:.*\n)*?  Role +arn:aws:iam::\d+:role/(\S+)`)
	chatFinding = regexp.MustCompile(`\*(OPENED|CHANGED|RESOLVED) [A-Z]+\* ` + "`" + `(RW\d+)` + "`")
)

// received are what the default and each place received since the last call, read from the texts that people see: "opened RW303 pay". Of a
// notification only kind and check are read.
func (l *lab) routed() map[string][]string {
	l.t.Helper()
	out := map[string][]string{}
	mail := func(place, text string) {
		parts := mailHeading.FindAllStringIndex(text, -1)
		for i, at := range parts {
			end := len(text)
			if i+1 < len(parts) {
				end = parts[i+1][0]
			}
			for _, f := range mailFinding.FindAllStringSubmatch(text[at[1]:end], -1) {
				out[place] = append(out[place], strings.ToLower(text[at[0]:at[1]])+" "+f[1]+" "+f[2])
			}
		}
	}
	for _, o := range l.outgoing {
		if o.Kind == message.KindFindings && !slices.Contains(o.Rendered.Attributes[deploy.AudienceAttribute], deploy.AudienceMachines) {
			mail(routing.Default, o.Rendered.Email)
		}
	}
	for _, o := range l.chats {
		switch {
		case o.Topic == message.Chat.Name: // It has what the e-mail has.
		case o.Topic == shopPlace:
			mail(o.Topic, o.Rendered.Email)
		default:
			for _, f := range chatFinding.FindAllStringSubmatch(strings.Join(o.Rendered.Channels[message.Chat.Name], "\n"), -1) {
				out[o.Topic] = append(out[o.Topic], strings.ToLower(f[1])+" "+f[2])
			}
		}
	}
	for place := range out {
		slices.Sort(out[place])
	}
	l.outgoing, l.chats = nil, nil
	return out
}

func (l *lab) wantRouted(want map[string][]string) {
	l.t.Helper()
	if diff := cmp.Diff(want, l.routed()); diff != "" {
		l.t.Errorf("received (-want +got):\n%s", diff)
	}
}

// edit sets the one inline policy of a role, and gives the record.
func (l *lab) edit(name, text string, more ...map[string]any) []byte {
	l.cloud.roles[name].inline = map[string]string{"app": text}
	if text == "" {
		delete(l.cloud.roles[name].inline, "app")
		return l.record("DeleteRolePolicy", map[string]any{"roleName": name, "policyName": "app"}, more...)
	}
	return l.record("PutRolePolicy", map[string]any{"roleName": name, "policyName": "app", "policyDocument": text}, more...)
}

// tag sets the tag team of a role, and gives the record.
func (l *lab) tag(name, value string, more ...map[string]any) []byte {
	l.cloud.roles[name].tags = map[string]string{"team": value}
	return l.record("TagRole", map[string]any{"roleName": name, "tags": []any{map[string]any{"key": "team", "value": value}}}, more...)
}

// as is who made a call: a session of a role.
func as(role, session string) map[string]any {
	return map[string]any{"userIdentity": map[string]any{"type": "AssumedRole", "arn": "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + session, "accountId": account}}
}

type routes = map[string][]string

// A finding goes where its owner is, and what no route receives goes to the default. Its end goes where its beginning went, also when the
// tags are gone. Machines receive all of it.
func TestAFindingGoesToItsOwner(t *testing.T) {
	l := routedLab(t)
	l.must(l.edit("pay", readable))
	l.must(l.edit("shop", readable))
	l.must(l.edit("plain", readable))
	l.wantRouted(routes{payPlace: {"opened RW303"}, shopPlace: {"opened RW303 shop"}, routing.Default: {"opened RW303 plain"}})
	l.want("opened RW303 pay", "opened RW303 shop", "opened RW303 plain")
	want := routes{"pay": {"pay"}, "shop": {"shop"}, "plain": nil}
	for name, by := range want {
		s := l.state(name)
		if len(s.Findings) != 1 || !slices.Equal(s.Findings[0].Routes, by) {
			t.Errorf("%s: stored %+v", name, s.Findings)
		}
	}
	delete(l.cloud.roles, "pay")
	l.must(l.record("DeleteRole", map[string]any{"roleName": "pay"}))
	l.must(l.edit("shop", ""))
	l.wantRouted(routes{payPlace: {"resolved RW303"}, shopPlace: {"resolved RW303 shop"}})
}

// Low findings are not for route shop, and critical ones always go to the default as well.
func TestWhatARouteIsNotForGoesToTheDefault(t *testing.T) {
	l := routedLab(t)
	l.must(l.edit("shop", listing))
	l.must(l.edit("pay", everything))
	l.wantRouted(routes{payPlace: {"opened RW301"}, routing.Default: {"opened RW301 pay", "opened RW501 shop"}})
}

// One message for people holds the findings of one commit, for each receiver its own; findings of one commit are one message there.
func TestACommitIsOneMessageForEachReceiver(t *testing.T) {
	l := routedLab(t)
	l.cloud.policies[team] = harmless
	for _, name := range []string{"pay", "shop", "plain"} {
		l.cloud.roles[name].inline = map[string]string{"app": readable}
	}
	l.config.Rules = inforce.New(graded, inforce.Rules{})
	l.cloud.roles["pay"].attached[team], l.cloud.roles["shop"].attached[team], l.cloud.roles["plain"].attached[team] = true, true, true
	l.sweepsAgain()
	l.outgoing, l.chats, l.messages = nil, nil, nil
	for _, name := range []string{"pay", "shop", "plain"} {
		l.cloud.roles[name].inline = map[string]string{"app": writing}
	}
	l.must(l.setTeam(readable))
	ids := map[string]int{}
	for _, o := range l.chats {
		ids[o.Topic]++
	}
	if ids[payPlace] != 1 || ids[shopPlace] != 1 || ids[message.Chat.Name] != 1 {
		t.Errorf("messages by topic: %v", ids)
	}
	l.wantRouted(routes{payPlace: {"changed RW303"}, shopPlace: {"changed RW303 shop"}, routing.Default: {"changed RW303 plain"}})
}

// sweepsAgain runs a sweep of the next day.
func (l *lab) sweepsAgain() {
	l.pass(25 * time.Hour)
	l.tick()
	l.pass(time.Minute)
}

// A tag that was changed less than 24 hours before the finding does not route: the finding goes to the default. Operations is notified where
// the role has open findings.
func TestATagThatWasJustChangedDoesNotRoute(t *testing.T) {
	l := routedLab(t)
	l.must(l.tag("plain", "pay"))
	l.pass(23 * time.Hour)
	l.must(l.edit("plain", readable))
	l.wantRouted(routes{routing.Default: {"opened RW303 plain"}})
	if len(l.notices) != 0 {
		t.Errorf("notices of a role without findings: %q", l.notices)
	}
	l.must(l.edit("plain", ""))
	l.pass(2 * time.Hour)
	l.must(l.edit("plain", listing, as("deploy", "ci")))
	l.wantRouted(routes{payPlace: {"opened RW501"}, routing.Default: {"resolved RW303 plain"}})
	l.must(l.tag("plain", "shop"))
	if len(l.notices) != 1 || !strings.Contains(strings.Join(strings.Fields(l.notices[0]), " "), `was "pay" and is now "shop", changed by arn:aws:iam::111122223333:user/mallory`) {
		t.Errorf("notices: %q", l.notices)
	}
	l.must(l.edit("plain", "", as("deploy", "ci")))
	if got := l.routed(); !slices.Equal(got[payPlace], []string{"resolved RW501"}) {
		t.Errorf("the end of the finding: %v", got)
	}
}

// Whoever caused a finding, or the role itself, may have set the tag long before: it does not route.
func TestATagOfTheSuspectDoesNotRoute(t *testing.T) {
	for who, by := range map[string]map[string]any{"the actor": nil, "the role itself": as("plain", "function"), "the actor's other session": as("deploy", "two")} {
		t.Run(who, func(t *testing.T) {
			l := routedLab(t)
			l.must(l.tag("plain", "pay", by))
			l.pass(72 * time.Hour)
			edited := by
			if who == "the actor's other session" {
				edited = as("deploy", "one")
			}
			l.must(l.edit("plain", everything, edited))
			l.wantRouted(routes{routing.Default: {"opened RW301 plain"}})
		})
	}
}

// A role that tags itself does not get its critical finding, nor any other, away from the default.
func TestARoleThatTagsItself(t *testing.T) {
	l := routedLab(t)
	l.must(l.tag("plain", "pay", as("plain", "function")), l.edit("plain", everything, as("plain", "function")))
	l.wantRouted(routes{routing.Default: {"opened RW301 plain"}})
	owners := l.messages[len(l.messages)-1].Opened[0].Owners
	if want := []finding.Owner{{Tag: "team", Value: "pay", Of: roleARN("plain"), Standing: finding.ByActor}}; !slices.Equal(owners, want) {
		t.Errorf("owners %+v", owners)
	}
}

// A tag that was not seen for long enough goes to its route, and to the default as well.
func TestATagOfUnknownAge(t *testing.T) {
	l := routedLab(t)
	l.role("new", goodTrust).tags = map[string]string{"team": "shop"}
	l.must(l.edit("new", readable))
	l.wantRouted(routes{shopPlace: {"opened RW303 new"}, routing.Default: {"opened RW303 new"}})
	l.role("young", goodTrust).tags = map[string]string{"team": "shop"}
	l.cloud.roles["young"].created = l.now.Add(-time.Hour)
	l.must(l.edit("young", readable))
	l.wantRouted(routes{routing.Default: {"opened RW303 young"}})
}

// A route that is taken out of the settings leaves its findings to the default.
func TestAFindingOfARouteThatIsGone(t *testing.T) {
	l := routedLab(t)
	l.must(l.edit("pay", readable))
	l.routed()
	l.config.Routing.Routes = l.config.Routing.Routes[1:]
	l.watch = l.another()
	l.must(l.edit("pay", ""))
	l.wantRouted(routes{routing.Default: {"resolved RW303 pay"}})
}

// state is what is stored of a role.
func (l *lab) state(name string) finding.State {
	l.t.Helper()
	states, err := l.store.Load(l.t.Context(), []string{roleARN(name)})
	if err != nil {
		l.t.Fatal(err)
	}
	return states[0]
}

// The tags of a function that a finding names count as those of the role do, and are as old as they are known to be. What cannot be read now
// may have been changed: the route and the default receive the finding.
func TestTheOwnerOfAFunction(t *testing.T) {
	l := routedLab(t)
	tagged := func(tags role.Maybe[map[string]string]) {
		f := l.cloud.functions[functionARN("checkout")][0]
		f.Config.Tags = tags
		l.cloud.functions[f.ARN] = []role.Function{f}
	}
	whole := inforce.New(append(slices.Clone(core()), graded[0]), inforce.Rules{})
	l.config.Rules = whole
	l.watch = l.another()
	l.function("checkout", "plain")
	tagged(role.Have(map[string]string{"team": "shop"}))
	l.sweepsAgain()
	l.pass(48 * time.Hour)
	l.routed()
	l.must(l.setTrust("plain", badTrust))
	l.pass(2 * settle)
	got := l.routed()
	if !slices.Equal(got[routing.Default], []string{"opened RW102 plain"}) || !slices.Equal(got[shopPlace], []string{"opened RW102 plain"}) {
		t.Errorf("a critical finding of the function: %v", got)
	}
	owners := l.messages[len(l.messages)-1].Opened[0].Owners
	if want := []finding.Owner{{Tag: "team", Value: "shop", Of: functionARN("checkout"), Standing: finding.Settled}}; !slices.Equal(owners, want) {
		t.Errorf("owners %+v", owners)
	}
	l.must(l.setTrust("plain", goodTrust))
	tagged(role.NotRead[map[string]string](role.Because("lambda:ListTags failed")))
	l.sweepsAgain()
	l.routed()
	l.must(l.setTrust("plain", badTrust))
	l.pass(2 * settle)
	if owners := l.messages[len(l.messages)-1].Opened[0].Owners; len(owners) != 1 || owners[0].Standing != finding.AgeUnknown {
		t.Errorf("owners of what cannot be read: %+v", owners)
	}
}
