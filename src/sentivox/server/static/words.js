// All texts of the pages, in English and Chinese. The browser's language decides, the button in the
// header switches, and the choice is stored in the browser.

import { channelLabel } from "./channels.js";
import * as codes from "./code-words.js";
import * as history from "./history-words.js";

const KEY = "sentivox-language";

const en = {
  documentation: "Documentation", otherLanguage: "中文", otherTag: "zh-CN",
  welcome: "How does it sound?",
  welcomeMore: "Sentivox listens to what is said and how it is said, and tells how the speaker feels while they speak.",
  source: "What to listen to",
  microphone: "Use the microphone", sample: "Play the sample call", recording: "Open a recording…", stop: "Stop",
  spoken: "Spoken language", english: "English", chinese: "Chinese", detect: "detect",
  textOnly: "Text only: no tone of voice", fast: "Process recordings as fast as possible",
  law: "Or drop a recording anywhere on this page. Audio is sent to this server only, which stores nothing unless its operator has set it up to.",
  lawKept: "Or drop a recording anywhere on this page. Audio is sent to this server only, which keeps what it finds, the words included if its operator wants them.",
  tokenNeeded: "This server requires a token", useToken: "Use it",
  tokenHint: "Ask the server's operator for one. It stays in this tab and is sent to this server only.",
  tryAgain: "Try again",
  chart: "Conversation", lastMinute: "Last minute", whole: "All",
  utterances: "Utterances", empty: "What is said appears here, with its sentiment.", earlier: "Show earlier",
  now: "Now", summary: "So far", moments: "Moments", noMoments: "Turning points and alerts appear here.", heaviest: "The heaviest first.",
  export: "Export",
  consentTitle: "Use the microphone?",
  consentWhere: "The audio is sent to {host}, which analyses its sentiment. It stores nothing unless its operator has set it up to. Everybody who can be heard should agree.",
  consentKept: "The audio is sent to {host}, which analyses its sentiment and keeps what it finds, the words included if its operator wants them. Everybody who can be heard should agree.",
  consentLaw: "Inferring emotion from voices is banned at work and in education in the EU (AI Act, Art. 5). Choose “text only” there, so that only the words count.",
  consentYes: "Agree and start", cancel: "Cancel",
  // States
  connecting: "Connecting…", ready: "Ready · {profile} · {asr}", noRecogniser: "no speech recogniser",
  listening: "Listening", finishing: "Finishing…", done: "Done · {profile} · {asr}",
  waiting: "Connection lost · trying again in {seconds} s",
  serverWaits: "Server: {reason}", noServer: "The server does not answer; trying again…",
  sourceMicrophone: "Microphone", sourceSample: "Sample call",
  speaking: "speaking", silent: "silent", stopped: "not listening",
  // Judgements
  voice: "Voice", channelNumber: "Channel {number}", agent: "Agent", customer: "Customer",
  words: "Words", tone: "Tone", together: "Together",
  negative: "negative", neutral: "neutral", positive: "positive", unclear: "unclear",
  calm: "calm", happy: "happy", sad: "sad", angry: "angry", fearful: "fearful", disgust: "disgust", surprised: "surprised",
  seconds: "{seconds} s", minutes: "{minutes} min {seconds} s",
  provisional: "provisional", revised: "revised", latency: "From the end of speech to the result",
  noWords: "no words understood", wordsFollow: "words follow…", sure: "{share} % sure", voiceSounds: "Voice: {emotions}", disagree: "words and tone disagree",
  mood: "Mood", mean: "Mean", trend: "Trend / min", talk: "Talk", talkOf: "Talk, {speaker}",
  silence: "Silence", escalation: "Risk of escalation", monologue: "Longest monologue", patience: "Pause before answers", questions: "Questions asked",
  speed: "Words a minute", start: "Score at the start", end: "Score at the end",
  worse: "{speaker} turns for the worse, {before} to {after}", better: "{speaker} turns for the better, {before} to {after}",
  alert: "{speaker}: mood is low, {mood}", ruleAlert: "{severity}: {rule}",
  info: "Note", warning: "Warning", critical: "Critical", interruption: "{by} interrupts {of}",
  most_negative: "Lowest", most_positive: "Highest",
  toneOf: "tone, {speaker}", moodOf: "mood, {speaker}", moodLine: "mood", turningPoint: "turning point",
  chartLabel: "Scores over time: {count} utterances, mood now {mood}. The same is in the lists of utterances and moments.",
  // Problems
  insecure: "Browsers allow the microphone on secure pages only: open this page over https, or on the server itself as localhost.",
  refused: "The microphone is blocked for this page. Allow it in the address bar, then try again.",
  noDevice: "No microphone was found. Plug one in, then try again; or open a recording.",
  deviceBusy: "Another program is using the microphone. Close it, then try again.",
  unplugged: "The microphone was unplugged. Plug it in, then start again; what was said is kept below.",
  microphoneProblem: "The microphone cannot be used ({detail}). Check it in the system's settings, then try again.",
  notAudio: "The browser cannot read any audio in this file. Try WAV, FLAC, MP3, M4A or Ogg, or use sentivox analyze, which reads more formats.",
  full: "This server cannot take another stream now. Wait a moment, then try again.",
  tooMany: "You have as many streams open as this server allows. Close another tab of this page, then try again.",
  notReady: "The server is still loading its models. Wait a moment, then try again.",
  wrongToken: "Unknown token. Check it with the server's operator, then enter it again.",
  origin: "This server does not allow this page to connect. Its operator can allow it with --allow-origin.",
  unreachable: "The server cannot be reached. Check the network and that it runs, then try again; what was said is kept below.",
  behind: "The connection was lost for too long. Start again; what was said is kept below.",
  closed: "The server ended the stream: {detail}. Start again; what was said is kept below.",
  unknownProblem: "Something went wrong on this page ({detail}). Reload it.",
  // Live: waiting for room, news for screen readers
  queued: "The server is full: your recording waits for room…", busy: "The server is full now; a recording waits for room",
  newsOf: "{speaker}, {label}: {words}",
  // Settings: names, microphone, alert rules
  settings: "Names, microphone test, alert rules",
  namesTitle: "Who speaks", nameFirst: "First channel", nameSecond: "Second channel",
  nameWrong: "A name has at most 40 characters, and no commas.", namesSame: "The two names must differ.",
  device: "Device", testMicrophone: "Test the microphone", endTest: "End the test",
  saySomething: "Say something…", noSignal: "No signal: is it muted, or is another microphone meant?",
  tooQuiet: "Too quiet: come closer, or turn the microphone up.", tooLoud: "Too loud: the sound is cut off. Turn the microphone down.",
  goodLevel: "Good: you can be heard well.",
  rulesTitle: "Alert rules of your own",
  rulesHint: "They watch what you listen to on this page, beside the rules of the server, and stay in this browser.",
  addRule: "Add a rule", removeRule: "Remove", ruleKind: "What to look for", ruleChannel: "Whose speech", anybody: "Anybody",
  rule_phrases: "says", rule_sentiment: "mean score below", rule_silence: "seconds of silence", rule_monologue: "seconds without a pause",
  phraseExample: "cancel, speak to a manager",
  ruleNeedsPhrase: "Enter a word or phrase; separate several by commas.",
  rulePhrasesWrong: "At most 50 phrases of at most 100 characters, each with a letter or digit.",
  ruleNeedsNumber: "Enter a number from {least} to {most}.",
  ruleNamed_phrases: "says “{value}”", ruleNamed_sentiment: "mean score below {value}",
  ruleNamed_silence: "silence of {value} s", ruleNamed_monologue: "{value} s without a pause",
  rulesRefused: "The server did not take the rules ({reason}).",
  // Why a label
  whyLabel: "Why this label", whyWords: "What the words add", whyAsking: "Asking the text model…",
  whyNoAnswer: "The server has no answer now. Close this and open it again.",
  whyLower: "towards negative", whyRaise: "towards positive",
  whyNone: "No single word decides it.",
  whyFactor: "×2 means: with this word, that side is twice as likely against the other as without it.",
  whyTone: "Tone while this was said", toneFrom: "Tone from {first} to {last}, between {low} and {high}",
  whyWeights: "Weights", whyEmotion: "emotion named by the recogniser", whyProbabilities: "Probabilities",
  whyDoubt: "How sure", whyHeard: "words {share} % sure to be heard right",
  paused: "While this tab was in the background, the browser paused the microphone: {seconds} s are missing. Keep the tab in front, and a phone's screen on.",
};

const zh = {
  documentation: "文档", otherLanguage: "English", otherTag: "en",
  welcome: "听起来心情如何？",
  welcomeMore: "Sentivox 实时分析说话内容和语气，判断说话人的情绪倾向。",
  source: "声音来源",
  microphone: "使用麦克风", sample: "播放示例通话", recording: "打开录音…", stop: "停止",
  spoken: "语种", english: "英语", chinese: "中文", detect: "自动识别",
  textOnly: "仅文字：不分析语气", fast: "以最快速度处理录音",
  law: "也可以将录音文件拖放到页面任意位置。音频只会发送到本服务器；除非运营方另行设置，服务器不会保存任何内容。",
  lawKept: "也可以将录音文件拖放到页面任意位置。音频只会发送到本服务器；服务器会保存分析结果；运营方如有设置，也会保存文字。",
  tokenNeeded: "此服务器需要访问令牌", useToken: "使用",
  tokenHint: "请向服务器运营方索取。令牌仅保存在本标签页中，只会发送给本服务器。",
  tryAgain: "重试",
  chart: "对话走势", lastMinute: "最近一分钟", whole: "全部",
  utterances: "逐句结果", empty: "每句话的文字和情绪会显示在这里。", earlier: "显示更早的结果",
  now: "当前", summary: "小结", moments: "关键时刻", noMoments: "情绪转折和提醒会显示在这里。", heaviest: "按重要程度排列。",
  export: "导出",
  consentTitle: "要使用麦克风吗？",
  consentWhere: "麦克风采集的声音会发送到 {host}，用于分析语音中的情绪。除非运营方另行设置，服务器不会保存任何内容。请确保所有可能被录到的人均已同意。",
  consentKept: "麦克风采集的声音会发送到 {host}，用于分析语音中的情绪。服务器会保存分析结果；运营方如有设置，也会保存文字。请确保所有可能被录到的人均已同意。",
  consentLaw: "欧盟禁止在工作场所和教育机构根据声音推断情绪（《人工智能法》第 5 条）。在这些场合请选择“仅文字”，只分析说话内容。",
  consentYes: "同意并开始", cancel: "取消",
  connecting: "正在连接…", ready: "就绪 · {profile} · {asr}", noRecogniser: "未启用语音识别",
  listening: "正在收听", finishing: "正在完成…", done: "已完成 · {profile} · {asr}",
  waiting: "连接中断 · {seconds} 秒后重连",
  serverWaits: "服务器：{reason}", noServer: "服务器没有响应，正在重试…",
  sourceMicrophone: "麦克风", sourceSample: "示例通话",
  speaking: "正在说话", silent: "静音", stopped: "未收听",
  voice: "声音", channelNumber: "声道 {number}", agent: "客服", customer: "客户",
  words: "文字", tone: "语气", together: "综合",
  negative: "消极", neutral: "中性", positive: "积极", unclear: "不明确",
  calm: "平静", happy: "高兴", sad: "悲伤", angry: "愤怒", fearful: "恐惧", disgust: "厌恶", surprised: "惊讶",
  seconds: "{seconds} 秒", minutes: "{minutes} 分 {seconds} 秒",
  provisional: "临时结果", revised: "已更新", latency: "从说话结束到得出结果的时间",
  noWords: "未识别出文字", wordsFollow: "正在识别文字…", sure: "置信度 {share} %", voiceSounds: "语气：{emotions}", disagree: "文字与语气不一致",
  mood: "情绪走势", mean: "平均", trend: "每分钟变化", talk: "说话时长", talkOf: "说话占比，{speaker}",
  silence: "静默占比", escalation: "升级风险", monologue: "最长连续讲话", patience: "应答前停顿", questions: "提问次数",
  speed: "每分钟字数", start: "开始时得分", end: "结束时得分",
  worse: "{speaker}情绪变差，{before} → {after}", better: "{speaker}情绪好转，{before} → {after}",
  alert: "{speaker}情绪偏低，{mood}", ruleAlert: "{severity}：{rule}",
  info: "提示", warning: "警告", critical: "严重", interruption: "{by}打断了{of}",
  most_negative: "最低点", most_positive: "最高点",
  toneOf: "语气，{speaker}", moodOf: "情绪走势，{speaker}", moodLine: "情绪走势", turningPoint: "转折点",
  chartLabel: "得分随时间的变化：共 {count} 句，当前情绪 {mood}。同样的内容见逐句结果和关键时刻。",
  insecure: "浏览器仅允许安全页面使用麦克风：请通过 https 打开本页，或在服务器本机通过 localhost 打开。",
  refused: "本页被禁止使用麦克风。请在浏览器地址栏中允许后重试。",
  noDevice: "未找到麦克风。请连接麦克风后重试，或打开一段录音。",
  deviceBusy: "麦克风正被其他程序占用。请关闭该程序后重试。",
  unplugged: "麦克风已断开。请重新连接后再开始；已有内容保留在下方。",
  microphoneProblem: "无法使用麦克风（{detail}）。请检查系统设置后重试。",
  notAudio: "浏览器无法读取此文件中的音频。请使用 WAV、FLAC、MP3、M4A 或 Ogg；sentivox analyze 支持更多格式。",
  full: "服务器已满，暂时无法接受新的连接。请稍后重试。",
  tooMany: "您同时打开的连接已达上限。请关闭本页的其他标签页后重试。",
  notReady: "服务器仍在加载模型。请稍后重试。",
  wrongToken: "令牌无效。请向服务器运营方核对后重新输入。",
  origin: "服务器不允许此页面连接。运营方可使用 --allow-origin 启动服务器以允许连接。",
  unreachable: "无法连接服务器。请检查网络和服务器状态后重试；已有内容保留在下方。",
  behind: "连接中断过久。请重新开始；已有内容保留在下方。",
  closed: "服务器结束了连接：{detail}。请重新开始；已有内容保留在下方。",
  unknownProblem: "页面发生错误（{detail}）。请重新加载。",
  queued: "服务器已满，录音正在排队…", busy: "服务器已满；录音可以排队等候",
  newsOf: "{speaker}，{label}：{words}",
  settings: "说话人名称、麦克风测试、提醒规则",
  namesTitle: "说话人", nameFirst: "第一声道", nameSecond: "第二声道",
  nameWrong: "名称最多 40 个字符，且不能含逗号。", namesSame: "两个名称不能相同。",
  device: "设备", testMicrophone: "测试麦克风", endTest: "结束测试",
  saySomething: "请说句话…", noSignal: "没有信号：是否已静音，或选错了麦克风？",
  tooQuiet: "声音太小：请靠近一些，或调高麦克风音量。", tooLoud: "声音太大，出现失真：请调低麦克风音量。",
  goodLevel: "音量合适，可以听清。",
  rulesTitle: "自定义提醒规则",
  rulesHint: "这些规则与服务器的规则一起用于本页收听的内容，仅保存在此浏览器中。",
  addRule: "添加规则", removeRule: "删除", ruleKind: "关注内容", ruleChannel: "针对谁", anybody: "任何人",
  rule_phrases: "说到", rule_sentiment: "平均得分低于", rule_silence: "静默秒数", rule_monologue: "连续说话秒数",
  phraseExample: "退款，投诉",
  ruleNeedsPhrase: "请输入词语；多个词语用逗号分隔。",
  rulePhrasesWrong: "最多 50 个词语，每个不超过 100 个字符，且须含文字或数字。",
  ruleNeedsNumber: "请输入 {least} 到 {most} 之间的数字。",
  ruleNamed_phrases: "说到“{value}”", ruleNamed_sentiment: "平均得分低于 {value}",
  ruleNamed_silence: "静默 {value} 秒", ruleNamed_monologue: "连续说话 {value} 秒",
  rulesRefused: "服务器未接受这些规则（{reason}）。",
  whyLabel: "判断依据", whyWords: "各词的影响", whyAsking: "正在询问文本模型…",
  whyNoAnswer: "服务器暂时没有回答。请收起后重新展开。",
  whyLower: "偏向消极", whyRaise: "偏向积极",
  whyNone: "没有哪个词起决定作用。",
  whyFactor: "×2 表示：有这个词时，该倾向相对另一倾向的可能性是没有它时的两倍。",
  whyTone: "说这句话时的语气", toneFrom: "语气从 {first} 到 {last}，介于 {low} 与 {high} 之间",
  whyWeights: "权重", whyEmotion: "识别器给出的情绪", whyProbabilities: "概率",
  whyDoubt: "可信程度", whyHeard: "听写置信度 {share} %",
  paused: "标签页在后台时，浏览器暂停了麦克风，缺少 {seconds} 秒音频。请保持标签页在前台，手机请保持屏幕常亮。",
};

/** Without those of the page of stored conversations, whose names must be others. */
export const OWN = { en, zh };
export const LANGUAGES = { en: { ...en, ...codes.en, ...history.en }, zh: { ...zh, ...codes.zh, ...history.zh } };

let chosen = stored() ?? (navigator.languages.find((tag) => /^(en|zh)/i.test(tag)) ?? "en").slice(0, 2).toLowerCase();

/** The text of this name, with {values} filled in; `fallback` if there is none. */
export function say(name, values = {}, fallback = name) {
  const text = LANGUAGES[chosen][name] ?? fallback;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** The label of a channel of a conversation; a general word if there is only one without a name. */
export function speaker(channel, { channels, names, roles }) {
  if (channels === 1 && !names.length && !roles.length) return say("voice");
  const words = { agent: say("agent"), customer: say("customer"), number: say("channelNumber") };
  return channelLabel(channel, { names, roles }, words);
}

/** The text in the language now chosen, of texts by language; "" where there are none. */
export const told = (texts) => texts?.[chosen] ?? texts?.en ?? "";

/** The plain words for a code, which a prefix tells the kind of; those of a code that is not known,
 * as newer servers may send it, are the ones it is made of. */
export const plainly = (prefix, code) => say(`${prefix}_${code}`, {}, code.replaceAll("_", " "));

/** The text for what an utterance lacks, from a code such as `asr_rejected:too_short`. */
export function lacking(code) {
  const [what, reason] = code.split(":");
  const told = plainly("lack", what);
  if (!reason) return told;
  const known = reason.startsWith("no_text_model_for_") ? "no_text_model" : reason;
  return say("because", { what: told, why: plainly("reason", known) });
}

/** How a session ended, from the reason of its Termination or the code of an Error. */
export const ending = (outcome) =>
  (`ending_${outcome}` in LANGUAGES.en ? plainly("ending", outcome) : plainly("error", outcome));

/** A time that passed, given in milliseconds, as people say it: 0.3 s, 1.2 s, 1 min 20 s. */
export function lasting(milliseconds) {
  const tenths = Math.round(milliseconds / 100);
  if (tenths < 600) return say("seconds", { seconds: (tenths / 10).toFixed(1) });
  const whole = Math.round(milliseconds / 1000);
  return say("minutes", { minutes: Math.floor(whole / 60), seconds: whole % 60 });
}

/** Switch to the other language. */
export function switchLanguage() {
  chosen = chosen === "en" ? "zh" : "en";
  try {
    localStorage.setItem(KEY, chosen);
  } catch { /* a browser that keeps nothing forgets it */ }
}

/** Set the text of all elements that name one. */
export function translate() {
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-label]")) {
    node.setAttribute("aria-label", say(node.dataset.label));
  }
}

function stored() {
  try {
    const kept = localStorage.getItem(KEY);
    return kept in LANGUAGES ? kept : null;
  } catch {
    return null;
  }
}
