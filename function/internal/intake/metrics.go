package intake

import (
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// Namespace is the CloudWatch namespace of rolewatch's metrics.
const Namespace = "rolewatch"

// Metrics counts in memory and writes CloudWatch's embedded metric format, one line for each set of dimensions, when
// it is flushed (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
// It is safe for concurrent use.
type Metrics struct {
	Out io.Writer
	Now func() time.Time

	mu     sync.Mutex
	counts map[series]int
	told   []float64
}

// series is one metric with its dimensions, "name=value" in order, "\x00" between.
type series struct{ metric, dimensions string }

func (m *Metrics) count(metric string, dimensions ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[series]int{}
	}
	m.counts[series{metric, strings.Join(dimensions, "\x00")}]++
}

// Event counts a record by its event's name and what became of it.
func (m *Metrics) Event(name, outcome string) { m.count("Events", "Event="+name, "Outcome="+outcome) }

// Reconciled counts one reconcile of a role by the word of its outcome.
func (m *Metrics) Reconciled(outcome string) { m.count("Looks", "Decision="+outcome) }

// Finding counts a transition by check.
func (m *Metrics) Finding(check, transition string) {
	m.count("Findings", "Check="+check, "Transition="+transition)
}

// Requeued counts an item that could not be handled for a minute or longer and was put back into the queue.
func (m *Metrics) Requeued() { m.count(deploy.MetricRequeued) }

// Told measures the time from a change's eventTime to publishing.
func (m *Metrics) Told(latency time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, latency.Seconds())
}

// Flush writes what was counted since the last flush.
func (m *Metrics) Flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := make([]series, 0, len(m.counts))
	for k := range m.counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b series) int {
		return strings.Compare(a.metric+a.dimensions, b.metric+b.dimensions)
	})
	for _, k := range keys {
		m.write(k.metric, "Count", strings.Split(k.dimensions, "\x00"), m.counts[k])
	}
	if len(m.told) > 0 {
		m.write("TimeToTell", "Seconds", nil, m.told)
	}
	m.counts, m.told = nil, nil
}

func (m *Metrics) write(metric, unit string, dimensions []string, value any) {
	names := []string{}
	line := map[string]any{metric: value}
	for _, d := range dimensions {
		if d == "" {
			continue
		}
		name, v, _ := strings.Cut(d, "=")
		names = append(names, name)
		line[name] = v
	}
	line["_aws"] = map[string]any{
		"Timestamp": m.Now().UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace": Namespace, "Dimensions": [][]string{names},
			"Metrics": []any{map[string]string{"Name": metric, "Unit": unit}},
		}},
	}
	text, err := json.Marshal(line, json.Deterministic(true))
	if err != nil {
		return
	}
	// A line that cannot be written is a lost count, nothing that a look should fail for.
	_, _ = m.Out.Write(append(text, '\n'))
}
